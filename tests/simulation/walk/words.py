"""Every word that a channel may say of a payment, a refund or a split."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

from tests.builders.results import payment_result_of
from tests.simulation.walk.node import AMOUNT, OLD, Node

from contracts.events.results import (
    PaymentResult,
    PaymentSucceeded,
    RefundResult,
    ShareResult,
    Source,
    SplitResult,
    Verdict,
)

PART: Final = 400
OURS: Final = {"amount": AMOUNT, "currency": "CNY"}
PAID: Final[tuple[dict[str, Any], ...]] = (
    OURS,
    {},
    {"amount": AMOUNT - 1, "currency": "CNY"},
    {"amount": AMOUNT, "currency": "USD"},
    {**OURS, "amount_refunded": PART, "channel_refund_no": "console"},
    {**OURS, "amount_refunded": AMOUNT},
)
NOT_PAID: Final[tuple[tuple[Verdict, dict[str, Any]], ...]] = (
    (Verdict.PENDING, {}),
    (Verdict.PENDING, {"found": False}),
    (Verdict.DECLINED, {}),
    (Verdict.DECLINED, {"closed": True}),
    (Verdict.NOT_SENT, {}),
    (Verdict.UNKNOWN, {}),
)
CLOSED: Final[tuple[dict[str, Any], ...]] = ({}, {"found": False}, {"reversed": True})
OF_PAYMENTS: Final = tuple(
    [
        (source, Verdict.SUCCEEDED, more)
        for source in (Source.INITIATION, Source.NOTICE, Source.QUERY)
        for more in PAID
    ]
    + [
        (source, verdict, more)
        for source in (Source.INITIATION, Source.QUERY)
        for verdict, more in NOT_PAID
    ]
    + [(Source.NOTICE, Verdict.DECLINED, {"closed": True})]
    + [(Source.CLOSE, Verdict.SUCCEEDED, more) for more in CLOSED]
    + [(Source.CLOSE, verdict, {}) for verdict in Verdict if verdict is not Verdict.SUCCEEDED]
)
OF_REFUNDS: Final = tuple(
    (source, verdict, more)
    for source in (Source.REFUND, Source.NOTICE, Source.QUERY_REFUND)
    for verdict, more in (
        (Verdict.SUCCEEDED, {}),
        (Verdict.SUCCEEDED, {"amount": 1}),
        (Verdict.PENDING, {}),
        (Verdict.PENDING, {"found": False}),
        (Verdict.DECLINED, {}),
        (Verdict.DECLINED, {"abnormal": True}),
        (Verdict.NOT_SENT, {}),
        (Verdict.UNKNOWN, {}),
    )
    if source is not Source.NOTICE or verdict in (Verdict.SUCCEEDED, Verdict.DECLINED)
)
SHARED: Final = ("succeeded", "failed", "processing")

Word = PaymentResult | RefundResult | SplitResult


def of(node: Node) -> Iterator[Word]:
    """All that may be said in this state: just now, and what was said long ago."""
    for at in (OLD, node.now):
        for payment in node.payments:
            yield from _of_payment(payment.payment_no, payment.account_id or "", at)
        for refund in node.refunds:
            account = next(p for p in node.payments if p.payment_no == refund.payment_no)
            where = (refund.payment_no, account.account_id or "")
            yield from _of_refund(refund.refund_no, *where, at)
    for split in node.splits:
        account = next(p for p in node.payments if p.payment_no == split.payment_no)
        yield from _of_split(split.split_no, split.payment_no, account.account_id or "")


@cache
def of_another(payment_no: str, payment_id: str, at: datetime) -> PaymentResult:
    """What somebody else's account says of the payment."""
    return PaymentSucceeded(
        payment_no=payment_no,
        payment_id=f"not-{payment_id}",
        channel="bank",
        source=Source.NOTICE,
        channel_trade_no="T-strange",
        asked_at=at,
        said_at=at,
        **OURS,
    )


@cache
def _of_payment(payment_no: str, payment_id: str, at: datetime) -> tuple[PaymentResult, ...]:
    return tuple(
        payment_result_of(
            {
                "payment_no": payment_no,
                "payment_id": payment_id,
                "channel": "bank",
                "source": source,
                "verdict": verdict,
                "channel_trade_no": f"T-{payment_no}" if verdict is Verdict.SUCCEEDED else None,
                "paid_at": at,
                "asked_at": at,
                "said_at": at,
                **more,
            }
        )
        for source, verdict, more in OF_PAYMENTS
    )


@cache
def _of_refund(
    refund_no: str, payment_no: str, payment_id: str, at: datetime
) -> tuple[RefundResult, ...]:
    return tuple(
        RefundResult(
            refund_no=refund_no,
            payment_no=payment_no,
            payment_id=payment_id,
            channel="bank",
            source=source,
            verdict=verdict,
            asked_at=at,
            said_at=at,
            **more,
        )
        for source, verdict, more in OF_REFUNDS
    )


@cache
def _of_split(split_no: str, payment_no: str, payment_id: str) -> tuple[SplitResult, ...]:
    about: dict[str, Any] = {
        "split_no": split_no,
        "payment_no": payment_no,
        "payment_id": payment_id,
        "channel": "bank",
    }
    shares = [[ShareResult(account="receiver", amount=SHARE, status=status)] for status in SHARED]
    more = [
        SplitResult(**about, source=Source.QUERY_SPLIT, verdict=Verdict.SUCCEEDED, receivers=each)
        for each in shares
    ]
    no = [
        SplitResult(**about, source=source, verdict=verdict)
        for source in (Source.SPLIT, Source.QUERY_SPLIT)
        for verdict in (Verdict.PENDING, Verdict.DECLINED, Verdict.NOT_SENT, Verdict.UNKNOWN)
    ]
    absent = SplitResult(**about, source=Source.QUERY_SPLIT, verdict=Verdict.PENDING, found=False)
    return (*more, *no, absent)


SHARE: Final = 300
"""What the one receiver of the one split gets."""
