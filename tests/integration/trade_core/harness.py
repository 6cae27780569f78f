"""A trade-core without HTTP and Kafka: real database with real commits, a clock that tests set."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import asyncpg
from tests.builders.trade_core import APP, NOON, paid, request, waits
from tests.database_time import TimedDatabase
from tests.record_keys import SHARED_PROOF, proven

from chassis.consumer import Record
from chassis.database import Database
from chassis.producer import Message
from contracts import topics
from contracts.api import (
    CreatePayment,
    CreateRefund,
    CreateSplit,
    Method,
    PaymentStatus,
    RefundStatus,
)
from contracts.events.commands import AnyCommandRecord, ChannelCommand, FetchStatement
from contracts.events.configuration import LatePayment, RefundSplits
from contracts.events.orders import OrderEventRecord
from contracts.events.results import (
    PAYMENT_RESULT,
    REFUND_RESULT,
    SOURCE,
    SPLIT_RESULT,
    PaymentResult,
    PaymentResultRecord,
    RefundResult,
    RefundResultRecord,
    SplitResult,
    SplitResultRecord,
)
from contracts.identifiers import new_id
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split
from trade_core.flows import apply_results, poll_due
from trade_core.flows.apply_results import Received
from trade_core.flows.archive_orders import archive_orders
from trade_core.flows.deps import Deps
from trade_core.flows.open_payment import Opened, open_payment
from trade_core.flows.open_refund import OpenedRefund, open_refund
from trade_core.flows.open_split import OpenedSplit, open_split
from trade_core.flows.wake_ups import OrderWakeUps
from trade_core.store import reading, splits

_offsets = count()


class Noted(OrderWakeUps):
    """Says when somebody waits for an order."""

    def __init__(self) -> None:
        super().__init__()
        self.somebody_waits = asyncio.Event()

    @contextmanager
    def watched(self, order_id: str) -> Iterator[asyncio.Event]:
        with super().watched(order_id) as changed:
            self.somebody_waits.set()
            yield changed


@dataclass(slots=True)
class Harness:
    """One replica. Time stands still unless a test moves it; `now` is what the database's clock
    shows, and the replica's is wrong by `skew`."""

    db: Database
    now: datetime = NOON
    skew: timedelta = timedelta()
    late: LatePayment = LatePayment.ACCEPT
    refund_splits: RefundSplits = RefundSplits.RETURN
    kafka_is_up: bool = True
    order_wake_ups: OrderWakeUps = field(default_factory=OrderWakeUps)
    sent: list[ChannelCommand] = field(default_factory=list)
    statements_asked: list[FetchStatement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db = TimedDatabase(self.db, lambda: self.now)

    @property
    def deps(self) -> Deps:
        return Deps(
            db=self.db,
            clock=lambda: self.now + self.skew,
            late_payment=lambda _: self.late,
            refund_splits=lambda _: self.refund_splits,
            send=self._send,
            check_proof=SHARED_PROOF.check,
            wake_relay=lambda: None,
            wake_due=lambda: None,
            order_wake_ups=self.order_wake_ups,
        )

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def open(
        self,
        content: CreatePayment | None = None,
        *,
        window_s: int = 15,
        signed_at: datetime | None = None,
    ) -> Opened:
        content = content or request()
        channel = None if content.method is Method.CASHIER else "wechat"
        window = timedelta(seconds=window_s)
        asked = PaymentRequest(APP, content, channel, window, signed_at)
        return await open_payment(self.deps, asked)

    async def opened(self, content: CreatePayment | None = None) -> Payment:
        """A new payment that waits for its payer."""
        payment = (await self.open(content)).payment
        await self.apply(waits(payment))
        return await self.payment(payment)

    async def paid(self, content: CreatePayment | None = None) -> Payment:
        """A new payment that was paid."""
        payment = await self.opened(content)
        await self.apply(paid(payment))
        return await self.payment(payment)

    async def refund(self, request: CreateRefund, app_id: str | None = APP) -> OpenedRefund:
        return await open_refund(self.deps, app_id, request)

    async def split(self, request: CreateSplit, app_id: str = APP) -> OpenedSplit:
        return await open_split(self.deps, app_id, request)

    async def apply(self, *results: PaymentResult | RefundResult | SplitResult) -> None:
        """As the consumer does: one batch."""
        await apply_results.apply_payment_results(
            self.deps,
            [
                self.received_payment_result(result)
                for result in results
                if isinstance(result, PaymentResult)
            ],
        )
        await apply_results.apply_refund_results(
            self.deps,
            [
                self.received_refund_result(result)
                for result in results
                if isinstance(result, RefundResult)
            ],
        )
        await apply_results.apply_split_results(
            self.deps,
            [
                self.received_split_result(result)
                for result in results
                if isinstance(result, SplitResult)
            ],
        )

    def received_payment_result(self, result: PaymentResult) -> Received[PaymentResult]:
        event = PaymentResultRecord(
            id=new_id("event"),
            source=SOURCE,
            type=PAYMENT_RESULT,
            subject=result.payment_no,
            time=self.now,
            data=result,
        )
        return Received(record(topics.PAYMENT_RESULTS, result.payment_no, event.to_bytes()), event)

    def received_refund_result(self, result: RefundResult) -> Received[RefundResult]:
        event = RefundResultRecord(
            id=new_id("event"),
            source=SOURCE,
            type=REFUND_RESULT,
            subject=result.refund_no,
            time=self.now,
            data=result,
        )
        return Received(record(topics.REFUND_RESULTS, result.payment_no, event.to_bytes()), event)

    def received_split_result(self, result: SplitResult) -> Received[SplitResult]:
        event = SplitResultRecord(
            id=new_id("event"),
            source=SOURCE,
            type=SPLIT_RESULT,
            subject=result.split_no,
            time=self.now,
            data=result,
        )
        return Received(record(topics.PAYMENT_RESULTS, result.payment_no, event.to_bytes()), event)

    async def attend(self) -> list[ChannelCommand]:
        """One round of the due loop; the commands that it sent."""
        before = len(self.sent)
        await poll_due.poll_due(self.deps)
        return self.sent[before:]

    async def has_a_waiting_lock(self) -> bool:
        """Whether somebody waits for what another's transaction holds."""
        return bool(
            await self.rows(
                "select from pg_locks join pg_stat_activity using (pid)"
                " where not granted and datname = current_database()"
            )
        )

    async def archive(self) -> int:
        """Put away whatever is over, however young; how many orders are in the archive then."""
        after: str | None = ""
        while after is not None:
            after = await archive_orders(
                self.deps, timedelta(days=-36_500), after, listed_for=timedelta()
            )
        [row] = await self.rows("select count(*) from orders where tableoid <> 'orders'::regclass")
        return int(row["count"])

    async def payment(self, payment: Payment) -> Payment:
        async with self.db.connection() as tx:
            return (await reading.payments(tx, [payment.payment_no]))[payment.payment_no]

    async def by_number(self, payment_no: str) -> Payment:
        async with self.db.connection() as tx:
            return (await reading.payments(tx, [payment_no]))[payment_no]

    async def state(self, payment: Payment) -> PaymentStatus:
        return (await self.payment(payment)).state

    async def order(self, payment: Payment) -> Order:
        async with self.db.connection() as tx:
            return (await reading.orders(tx, [payment.order_id]))[payment.order_id]

    async def payments(self, payment: Payment) -> list[Payment]:
        async with self.db.connection() as tx:
            return (await reading.of_order(tx, payment.order_id))[0]

    async def refunds(self, payment: Payment) -> list[Refund]:
        async with self.db.connection() as tx:
            return (await reading.of_order(tx, payment.order_id))[1]

    async def splits(self, payment: Payment) -> list[Split]:
        async with self.db.connection() as tx:
            return list((await splits.of_payment(tx, payment.payment_no)).values())

    async def refund_state(self, refund: Refund) -> RefundStatus:
        async with self.db.connection() as tx:
            return (await reading.refunds(tx, [refund.refund_no]))[refund.refund_no].state

    async def events(self) -> list[OrderEventRecord]:
        """Everything told of orders, in order."""
        rows = await self.rows(
            "select payload from event_log where topic = $1 order by id", topics.ORDER_EVENTS
        )
        return [OrderEventRecord.model_validate_json(row["payload"]) for row in rows]

    async def event_types(self) -> list[str]:
        return [event.type for event in await self.events()]

    async def alerts(self) -> list[str]:
        rows = await self.rows(
            "select key from event_log where topic = $1 order by id", topics.ALERTS
        )
        return [row["key"].partition(":")[0] for row in rows]

    async def due(self) -> dict[str, float]:
        """Per number, in how many seconds it is looked at again."""
        rows = await self.rows("select subject, due_at from due_work")
        return {row["subject"]: (row["due_at"] - self.now).total_seconds() for row in rows}

    async def balances(self) -> dict[str, int]:
        rows = await self.rows(
            "select purpose, sum(amount)::bigint as sum from ledger_posting group by purpose"
        )
        return {row["purpose"]: row["sum"] for row in rows}

    async def rows(self, query: str, *args: object) -> Sequence[asyncpg.Record]:
        async with self.db.connection() as tx:
            rows: Sequence[asyncpg.Record] = await tx.fetch(query, *args)
            return rows

    async def _send(self, messages: Sequence[Message]) -> Sequence[bool]:
        for message in messages if self.kafka_is_up else ():
            match AnyCommandRecord.model_validate_json(message.value).data:
                case FetchStatement() as fetch:
                    self.statements_asked.append(fetch)
                case ChannelCommand() as command:
                    self.sent.append(command)
        return [self.kafka_is_up] * len(messages)


def record(topic: str, key: str, value: bytes) -> Record:
    """As the gateway would have written it."""
    return proven(
        Record(
            topic=topic,
            partition=0,
            offset=next(_offsets),
            key=key,
            value=value,
            headers={},
            timestamp_ms=0,
        )
    )
