"""What a channel said, told to trade-core: published with acks=all before anybody is answered."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from prometheus_client import Counter

from chassis import logs, tracing
from chassis.background import Unbroken
from chassis.problems import Problem
from chassis.producer import Message, NotPublished, Producer
from contracts.actions import NoAction
from contracts.events.envelope import CloudEvent
from contracts.events.results import (
    PAYMENT_RESULT,
    REFUND_RESULT,
    SOURCE,
    SPLIT_RESULT,
    Dispute,
    PaymentDeclined,
    PaymentNotSent,
    PaymentPending,
    PaymentResult,
    PaymentResultRecord,
    PaymentSucceeded,
    PaymentUnknown,
    PaymentWord,
    RefundResult,
    RefundResultRecord,
    ShareResult,
    Source,
    SplitResult,
    SplitResultRecord,
    Verdict,
)
from contracts.identifiers import new_id
from contracts.internal import ResultRecord, ResultsReceipt, TakeResults
from contracts.money import Money
from contracts.topics import PAYMENT_RESULTS, REFUND_RESULTS
from foundation.service_client import Service
from gateway.channels.plugin import (
    Declined,
    Disputed,
    GivenBack,
    NotSent,
    Outcome,
    Pending,
    SharedOut,
    Succeeded,
    Unknown,
)
from gateway.directory import ChannelAccount

log = structlog.get_logger()

Result = PaymentResult | RefundResult | SplitResult


KAFKA_LIMIT_S: Final = 1.0
"""An app waits for it, and so does a channel that would send its notification again."""

AWAY_S: Final = 5.0
"""How long Kafka is not waited for after it did not take a result; it gets each of them all the
same, so that it is known when it is back."""

HANDED_OVER = Counter("paymesh_results_handed_over", "Results that trade-core took by HTTP")


class Results:
    """The way to trade-core for what channels say; `now` is when they said it. `stamp` proves to
    trade-core that it is us who tell it.

    Kafka is the road. Where it does not take a result within a second, trade-core takes the same
    record by HTTP, durable before it answers; applied twice makes no difference.
    """

    def __init__(
        self,
        producer: Producer,
        trade_core: Service,
        unbroken: Unbroken,
        *,
        stamp: Callable[[Message], Message],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        kafka_limit_s: float = KAFKA_LIMIT_S,
    ) -> None:
        self._producer = producer
        self._trade_core = trade_core
        self._unbroken = unbroken
        self._stamp = stamp
        self._now = now
        self._kafka_limit_s = kafka_limit_s
        self._away_until = 0.0

    async def publish(self, *results: Result) -> None:
        """Returns when all are durable; raises NotPublished where one may not be."""
        with tracing.span("publish results", tracing.Kind.PRODUCER):
            await self._publish(*results)

    async def _publish(self, *results: Result) -> None:
        said_at = self._now()
        messages = [self._stamp(_message(result, said_at)) for result in results]
        by_kafka = self._unbroken.start(self._producer.attempt(messages))
        if asyncio.get_running_loop().time() >= self._away_until:
            await asyncio.wait([by_kafka], timeout=self._kafka_limit_s)
            if by_kafka.done() and not any(by_kafka.result()):
                return
            self._away_until = asyncio.get_running_loop().time() + AWAY_S
        try:
            await self._hand_over(messages)
        except Problem as problem:
            log.warning("results.not_handed_over", reason=problem.detail)
            _require(await asyncio.shield(by_kafka))

    async def _hand_over(self, messages: Sequence[Message]) -> None:
        records = [
            ResultRecord.model_validate(
                {"topic": m.topic, "key": m.key, "value": m.value.decode(), "headers": m.headers}
            )
            for m in messages
        ]
        await self._trade_core.post(
            ResultsReceipt, "/internal/results", body=TakeResults(records=records)
        )
        HANDED_OVER.inc(len(records))


def _require(failures: Sequence[NotPublished | None]) -> None:
    for failure in failures:
        if failure is not None:
            raise failure


def payment_result(
    account: ChannelAccount, payment_no: str, source: Source, outcome: Outcome
) -> PaymentResult:
    """The outcome as the channel's word on one payment."""
    about = {"payment_no": payment_no, **_speaker(account, source, outcome)}
    match outcome:
        case Succeeded():
            return PaymentSucceeded(
                **about,
                **_stated(outcome.amount),
                found=outcome.found,
                channel_trade_no=outcome.channel_no,
                earlier_trade_no=outcome.earlier_no,
                paid_at=outcome.at,
                reversed=outcome.is_reversed,
                **_given_back(outcome.given_back),
                dispute=_dispute(outcome.disputed),
                action=NoAction() if source is Source.INITIATION else None,
            )
        case Pending():
            return PaymentPending(
                **about,
                found=outcome.found,
                channel_trade_no=outcome.channel_no,
                action=outcome.action,
            )
        case Declined():
            return PaymentDeclined(
                **about,
                **_given_back(outcome.given_back),
                closed=outcome.closed,
                code=outcome.code,
                message=outcome.message,
            )
        case NotSent():
            return PaymentNotSent(**about, code=outcome.code, message=outcome.message)
        case Unknown():
            return PaymentUnknown(**about, code=outcome.code, message=outcome.message)


def refund_result(
    account: ChannelAccount, refund_no: str, payment_no: str, source: Source, outcome: Outcome
) -> RefundResult:
    """The outcome as the channel's word on one refund."""
    about = {"refund_no": refund_no, "payment_no": payment_no, **_spoken(account, source, outcome)}
    match outcome:
        case Succeeded():
            return RefundResult(
                **about,
                **_stated(outcome.amount),
                channel_refund_no=outcome.channel_no,
                refunded_at=outcome.at,
                may_bounce=account.plugin.refunds_bounce,
                amount_refunded=_all_back(outcome),
            )
        case Pending():
            return RefundResult(**about, found=outcome.found, channel_refund_no=outcome.channel_no)
        case Declined():
            return RefundResult(
                **about,
                abnormal=outcome.abnormal,
                channel_refund_no=outcome.channel_no,
                code=outcome.code,
                message=outcome.message,
            )
        case NotSent() | Unknown():
            return RefundResult(
                **about, code=outcome.code, message=outcome.message, pause_s=outcome.pause_s
            )


def split_result(
    account: ChannelAccount, split_no: str, payment_no: str, source: Source, outcome: Outcome
) -> SplitResult:
    """The outcome as the channel's word on one split."""
    about = {"split_no": split_no, "payment_no": payment_no, **_spoken(account, source, outcome)}
    match outcome:
        case Succeeded() | Pending():
            return SplitResult(
                **about,
                found=outcome.found,
                channel_split_no=outcome.channel_no,
                receivers=[_share(share) for share in outcome.shares],
            )
        case Declined() | NotSent() | Unknown():
            return SplitResult(**about, code=outcome.code, message=outcome.message)


def _spoken(account: ChannelAccount, source: Source, outcome: Outcome) -> dict[str, Any]:
    """As `_speaker`, and the outcome in one word."""
    return {**_speaker(account, source, outcome), "verdict": _verdict(outcome)}


def _speaker(account: ChannelAccount, source: Source, outcome: Outcome) -> dict[str, Any]:
    """Who spoke (`own-account-only`), and when (`later-wins`)."""
    return {
        "merchant_id": account.merchant_id,
        "payment_id": account.account_id,
        "channel": account.channel,
        "source": source,
        "asked_at": outcome.asked_at,
        "said_at": outcome.said_at,
    }


def _share(share: SharedOut) -> ShareResult:
    return ShareResult(
        account=share.account,
        amount=share.amount.amount_minor,
        status=share.status,
        code=share.code,
        message=share.message,
    )


def _verdict(outcome: Outcome) -> Verdict:
    match outcome:
        case Succeeded():
            return Verdict.SUCCEEDED
        case Pending():
            return Verdict.PENDING
        case Declined():
            return Verdict.DECLINED
        case NotSent():
            return Verdict.NOT_SENT
        case Unknown():
            return Verdict.UNKNOWN


def _all_back(outcome: Succeeded) -> int | None:
    back = outcome.given_back
    return back.amount.amount_minor if back and back.amount else None


def _given_back(back: GivenBack | None) -> dict[str, Any]:
    if back is None:
        return {}
    return {
        "refunded": True,
        "amount_refunded": back.amount.amount_minor if back.amount else None,
        "channel_refund_no": back.channel_no,
        "channel_refund_amount": back.latest.amount_minor if back.latest else None,
    }


def _dispute(disputed: Disputed | None) -> Dispute | None:
    if disputed is None:
        return None
    return Dispute(
        dispute_no=disputed.number, amount=disputed.amount.amount_minor, is_won=disputed.is_won
    )


def _stated(amount: Money | None) -> dict[str, Any]:
    if amount is None:
        return {}
    return {"amount": amount.amount_minor, "currency": amount.currency}


def _message(result: Result, said_at: datetime) -> Message:
    event: CloudEvent[Any]
    key = result.payment_no
    match result:
        case PaymentWord():
            topic, kind, subject = PAYMENT_RESULTS, PAYMENT_RESULT, result.payment_no
            event = PaymentResultRecord(**_envelope(kind, subject, said_at), data=result)
        case RefundResult():
            topic, kind, subject = REFUND_RESULTS, REFUND_RESULT, result.refund_no
            key = key or subject
            event = RefundResultRecord(**_envelope(kind, subject, said_at), data=result)
        case SplitResult():
            topic, kind, subject = PAYMENT_RESULTS, SPLIT_RESULT, result.split_no
            event = SplitResultRecord(**_envelope(kind, subject, said_at), data=result)
    return Message(topic, key, event.to_bytes(), event.headers())


def _envelope(kind: str, subject: str, said_at: datetime) -> dict[str, Any]:
    return {
        "id": new_id("event"),
        "source": SOURCE,
        "type": kind,
        "subject": subject,
        "time": said_at,
        "traceparent": logs.traceparent.get() or None,
    }
