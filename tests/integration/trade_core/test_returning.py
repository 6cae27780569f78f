"""Refunds of what was split, on a real database: returned once, and the books agree."""

import asyncio

import pytest
from tests.builders.trade_core import (
    refund_request,
    refund_result,
    request,
    returned,
    shared,
    split_request,
)
from tests.integration.trade_core.harness import Harness

from contracts.api import ShareStatus
from contracts.events.configuration import RefundSplits
from contracts.events.results import Source, Verdict
from contracts.internal import DecideRefund, RefundDecision
from trade_core.domain.errors import RefundExceedsPaid, SplitExceedsPaid
from trade_core.flows import check_ledger
from trade_core.flows.decide import decide_refund


async def test_50_refunds_at_once_never_take_back_more_than_receivers_have(
    harness: Harness,
) -> None:
    payment = await harness.paid(request(amount=1000))
    opened = await harness.split(split_request(payment, "F1", 500, 400))
    await harness.apply(shared(opened.split))

    async def refund(number: int) -> bool:
        try:
            return (await harness.refund(refund_request(payment, f"T{number}", 70))).created
        except RefundExceedsPaid:
            return False

    assert sum(await asyncio.gather(*(refund(number) for number in range(50)))) == 14
    now_is = await harness.payment(payment)
    assert (now_is.refund_reserved, now_is.split_reserved) == (980, 20)
    (split,) = await harness.splits(payment)
    assert [share.amount_returning for share in split.shares] == [500, 380]


async def test_refund_calls_back_what_is_missing_and_receivers_have_it_no_longer(
    harness: Harness,
) -> None:
    payment = await harness.paid(request(amount=1000))
    split = (await harness.split(split_request(payment, "F1", 600, 400))).split
    await harness.apply(shared(split))
    refund = (await harness.refund(refund_request(payment, "T1", 700))).refund
    (command,) = await harness.attend()
    assert command.refund is not None
    assert [(each.account, each.amount, each.return_no) for each in command.refund.returns] == [
        ("190001", 600, f"{refund.refund_no}-1"),
        ("190002", 100, f"{refund.refund_no}-2"),
    ]

    await harness.apply(returned(refund))
    (split,) = await harness.splits(payment)
    assert [(one.state, one.amount_returned) for one in split.shares] == [
        (ShareStatus.RETURNED, 600),
        (ShareStatus.SUCCEEDED, 100),
    ]
    assert (await harness.event_types())[-2:] == ["refund.succeeded", "split.returned"]
    assert await harness.balances() == {
        "channel_receivable": 300, "merchant_payable": 0, "refunds_in_flight": 0,
        "splits_in_flight": 0, "split_receivers": -300,
    }  # fmt: skip


async def test_failed_refund_leaves_receivers_what_they_did_not_give_back(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    split = (await harness.split(split_request(payment, "F1", 600, 400))).split
    await harness.apply(shared(split))
    refund = (await harness.refund(refund_request(payment, "T1", 1000))).refund
    first = f"{refund.refund_no}-1"
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.PENDING, returned=[first]))
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, code="NO"))
    await harness.apply(refund_result(refund, Source.QUERY_REFUND, Verdict.DECLINED, code="NO"))
    (split,) = await harness.splits(payment)
    assert [one.held for one in split.shares] == [0, 400]
    now_is = await harness.payment(payment)
    assert (now_is.refund_reserved, now_is.split_reserved) == (0, 400)
    assert (await harness.refund(refund_request(payment, "T2", 1000))).created


async def test_app_may_refund_from_the_merchants_own_money(harness: Harness) -> None:
    harness.refund_splits = RefundSplits.KEEP
    payment = await harness.paid(request(amount=1000))
    split = (await harness.split(split_request(payment, "F1", 1000))).split
    await harness.apply(shared(split))
    refund = (await harness.refund(refund_request(payment, "T1", 1000))).refund
    (command,) = await harness.attend()
    assert command.refund is not None
    assert command.refund.returns == []
    await harness.apply(returned(refund))
    assert (await harness.payment(payment)).split_reserved == 1000
    with pytest.raises(SplitExceedsPaid):
        await harness.split(split_request(payment, "F2", 1))


async def test_refund_that_a_person_settles_was_given_back_by_all_receivers_before(
    harness: Harness,
) -> None:
    payment = await harness.paid(request(amount=1000))
    split = (await harness.split(split_request(payment, "F1", 600, 400))).split
    await harness.apply(shared(split))
    refund = (await harness.refund(refund_request(payment, "T1", 1000))).refund
    await harness.apply(refund_result(refund, Source.NOTICE, Verdict.DECLINED, abnormal=True))
    settled = DecideRefund(
        decision=RefundDecision.SETTLED_OUTSIDE, reason="转账退款", decided_by="admin", version=1
    )
    await decide_refund(harness.deps, refund.refund_no, settled)
    now_is = await harness.payment(payment)
    assert (now_is.amount_refunded, now_is.split_reserved) == (1000, 0)
    assert [one.held for one in (await harness.splits(payment))[0].shares] == [0, 0]


async def test_nightly_check_agrees_with_books_of_splits(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    first = (await harness.split(split_request(payment, "F1", 300, 200))).split
    await harness.apply(shared(first, ["190002"]))
    await harness.split(split_request(payment, "F2", 100))
    second = (await harness.refund(refund_request(payment, "T1", 700))).refund
    await harness.apply(refund_result(second, Source.REFUND, Verdict.DECLINED, code="NO"))
    await harness.refund(refund_request(payment, "T2", 650))
    harness.pass_time(86400)
    findings = await check_ledger.check(harness.db, harness.now, lambda: None)
    assert findings is not None
    assert (findings.payments, findings.differences) == (1, [])
    assert findings.transactions > 0
