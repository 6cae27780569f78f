"""The flows of trade-core as its doors call them: requests opened, channels' words applied."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from tests.builders.results import payment_result_of

from bench.trade_core.tally import Meter, Tally
from chassis.consumer import Record
from chassis.database import Database
from chassis.producer import Message
from contracts import topics
from contracts.actions import QrCodeAction
from contracts.api import CreatePayment, Method
from contracts.events.configuration import LatePayment, RefundSplits
from contracts.events.results import (
    PAYMENT_RESULT,
    SOURCE,
    PaymentResult,
    PaymentResultRecord,
    Source,
    Verdict,
)
from contracts.identifiers import new_id
from trade_core.consumers import Results
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.payment import Payment
from trade_core.flows.deps import Deps
from trade_core.flows.open_payment import open_payment

APP, MERCHANT, ACCOUNT, CHANNEL = "A7", "M7", "C7", "wechat"
WINDOW: Final = timedelta(seconds=15)
BATCH: Final = 500
"""As many records as the consumer takes at a time."""

QR: Final = QrCodeAction(qr_code="weixin://wxpay/bizpayurl?pr=NwY5Mz9")

_offsets = count()


@dataclass(slots=True)
class Life:
    """trade-core in this process, on one database. `opened`: payments nobody has spoken of yet."""

    db: Database
    meter: Meter
    opened: list[Payment] = field(default_factory=list)

    async def create(self, seconds: float, in_flight: int) -> Tally:
        """Fresh orders of one app, each with a number of its own; with no time one each."""
        tally, deps, end = Tally(), lone_deps(self.db), time.perf_counter() + seconds

        async def work() -> None:
            while True:
                opened = await open_payment(deps, PaymentRequest(APP, request(), CHANNEL, WINDOW))
                self.opened.append(opened.payment)
                tally.count += 1
                if time.perf_counter() >= end:
                    return

        with self.meter.counting(tally):
            await asyncio.gather(*(work() for _ in range(in_flight)))
        return tally

    async def apply(self) -> tuple[Tally, Tally]:
        """Of each payment that was opened, first that it waits, then that it is paid, in batches
        as Kafka hands them over: each is read, applied and committed before the next."""
        waiting, paid = Tally(), Tally()
        flow = Results(lone_deps(self.db))
        for tally, result in ((waiting, _waits), (paid, _pays)):
            records = [_record(result(payment)) for payment in self.opened]
            with self.meter.counting(tally):
                for place in range(0, len(records), BATCH):
                    batch = records[place : place + BATCH]
                    await flow.apply([flow.decode(record) for record in batch])
            tally.count += len(records)
        self.opened.clear()
        return waiting, paid


def request(**changes: Any) -> CreatePayment:
    """Numbers rise with time, as those of apps do."""
    usual: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "payment_id": ACCOUNT,
        "merchant_order_no": new_id("order"),
        "amount": 1299,
        "subject": "物业费 11月",
        "method": Method.NATIVE,
        "notify_url": "https://app.example.com/paymesh/callback",
    }
    return CreatePayment(**{**usual, **changes})


def _waits(payment: Payment) -> PaymentResult:
    return _result(payment, Source.INITIATION, Verdict.PENDING, action=QR)


def _pays(payment: Payment) -> PaymentResult:
    return _result(
        payment,
        Source.NOTICE,
        Verdict.SUCCEEDED,
        amount=payment.amount,
        currency=payment.currency,
        channel_trade_no=f"42000{payment.payment_no[1:]}",
        paid_at=datetime.now(UTC),
    )


def _result(payment: Payment, source: Source, verdict: Verdict, **more: Any) -> PaymentResult:
    return payment_result_of(
        {
            "payment_no": payment.payment_no,
            "payment_id": payment.account,
            "channel": CHANNEL,
            "source": source,
            "verdict": verdict,
            **more,
        }
    )


def _record(result: PaymentResult) -> Record:
    event = PaymentResultRecord(
        id=new_id("event"),
        source=SOURCE,
        type=PAYMENT_RESULT,
        subject=result.payment_no,
        time=datetime.now(UTC),
        data=result,
    )
    return Record(
        topic=topics.PAYMENT_RESULTS,
        partition=0,
        offset=next(_offsets),
        key=result.payment_no,
        value=event.to_bytes(),
        headers=event.headers(),
        timestamp_ms=0,
    )


def lone_deps(db: Database) -> Deps:
    """Without Kafka: commands go nowhere, and nobody is woken."""

    async def send(messages: Sequence[Message]) -> Sequence[bool]:
        return [True] * len(messages)

    return Deps(
        db=db,
        clock=lambda: datetime.now(UTC),
        late_payment=lambda app_id: LatePayment.ACCEPT,
        refund_splits=lambda app_id: RefundSplits.RETURN,
        send=send,
        check_proof=lambda _: None,
        wake_relay=_nobody,
        wake_due=_nobody,
    )


def _nobody() -> None:
    return None
