"""money-moved-outside on a real database: booked once, bounded, told, posted."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from tests.builders.trade_core import paid, refund_request, refund_result, request
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    compared,
    differences_of,
    next_morning,
    row_of,
)

from contracts.api import RefundCause, RefundStatus
from contracts.events.commands import CommandName
from contracts.events.orders import OrderEventType
from contracts.events.results import Dispute, Source, Verdict
from contracts.identifiers import new_id
from contracts.internal import DecideRefund, RefundDecision
from trade_core.domain.disputes import WON
from trade_core.domain.errors import RefundExceedsPaid
from trade_core.domain.refund import RefundFact
from trade_core.flows import check_ledger
from trade_core.flows.decide import decide_refund


async def test_a_refund_at_the_console_is_a_refund_of_ours_and_bounds_the_apps(
    harness: Harness,
) -> None:
    """Paid 10.00, 3.00 back at Alipay's console; the app then refunds 3.00, and 5.00."""
    payment = await harness.paid(request(amount=1000))
    result = paid(payment, amount_refunded=300, channel_refund_no="2026010522001")
    await harness.apply(result, result)
    await harness.apply(result)
    (outside,) = await harness.refunds(payment)
    assert (outside.cause, outside.state) == (RefundCause.EXTERNAL, RefundStatus.SUCCEEDED)
    assert (outside.amount, outside.channel_refund_no) == (300, "2026010522001")
    latest = (await harness.events())[-1]
    assert latest.type == OrderEventType.REFUND_SUCCEEDED
    assert latest.data.refund is not None
    assert latest.data.refund.cause is RefundCause.EXTERNAL
    assert await harness.alerts() == ["refund.external"]
    assert await harness.balances() == {
        "channel_receivable": 700, "merchant_payable": -700, "refunds_in_flight": 0
    }  # fmt: skip

    await harness.refund(refund_request(payment, "T1", 300))
    now_is = await harness.payment(payment)
    assert (now_is.refund_reserved, now_is.amount_refunded) == (600, 300)
    with pytest.raises(RefundExceedsPaid):
        await harness.refund(refund_request(payment, "T2", 500))


async def test_doubt_about_a_refund_under_way_ends_by_asking(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    ours = (await harness.refund(refund_request(payment, "T1", 300))).refund
    await harness.attend()
    await harness.apply(paid(payment, amount_refunded=300))
    assert len(await harness.refunds(payment)) == 1
    harness.pass_time(2)
    await harness.apply(refund_result(ours, Source.QUERY_REFUND, Verdict.SUCCEEDED))
    (command,) = await harness.attend()
    assert (command.command, command.payment.payment_no) == (CommandName.QUERY, payment.payment_no)
    harness.pass_time(1)
    await harness.apply(paid(payment, Source.QUERY, amount_refunded=600))
    assert [one.cause for one in await harness.refunds(payment)] == [
        RefundCause.REQUESTED, RefundCause.EXTERNAL
    ]  # fmt: skip
    assert payment.payment_no not in await harness.due()


async def test_doubt_that_lasts_is_asked_about_at_growing_distances(harness: Harness) -> None:
    """Each answer brings the same doubt: the channel is not asked every five seconds for it."""
    payment = await harness.paid(request(amount=1000))
    ours = (await harness.refund(refund_request(payment, "T1", 300))).refund
    await harness.attend()
    await harness.apply(refund_result(ours, Source.REFUND, Verdict.PENDING))
    await harness.apply(paid(payment, amount_refunded=300))
    asked_at = []
    for second in range(0, 700, 5):
        commands = {(one.command, one.payment.payment_no) for one in await harness.attend()}
        if (CommandName.QUERY, payment.payment_no) in commands:
            asked_at.append(second)
            await harness.apply(paid(payment, Source.QUERY, amount_refunded=300))
        harness.pass_time(5)
    assert asked_at == [5, 15, 30, 60, 180, 300, 600]


async def test_a_refund_under_a_foreign_number_is_booked(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    ours = (await harness.refund(refund_request(payment, "T1", 300))).refund
    foreign = refund_result(
        ours, Source.NOTICE, Verdict.SUCCEEDED,
        refund_no="console-1", channel_refund_no="50001", amount=200,
    )  # fmt: skip
    own = refund_result(ours, Source.NOTICE, Verdict.SUCCEEDED)
    await harness.apply(foreign, own, foreign)
    refunds = await harness.refunds(payment)
    assert sorted(one.amount for one in refunds) == [200, 300]
    assert {one.state for one in refunds} == {RefundStatus.SUCCEEDED}


@pytest.mark.parametrize("is_statement_first", [True, False])
async def test_a_refund_of_ours_that_a_restore_has_lost_is_booked_once(
    harness: Harness, *, is_statement_first: bool
) -> None:
    """disaster-recovery: it was sent under a number that the books do not know."""
    payment = await harness.paid()
    ours = (await harness.refund(refund_request(payment, "T1", 100))).refund
    lost = new_id("refund")
    word = refund_result(
        ours, Source.NOTICE, Verdict.SUCCEEDED, refund_no=lost, channel_refund_no="50301",
        amount=300, currency="CNY",
    )  # fmt: skip
    row = row_of(payment, kind="refund", refund_no=lost, channel_no="50301", amount=-300)
    if not is_statement_first:
        await harness.apply(word)
    await next_morning(harness)
    found = await compared(harness, row_of(payment), row)
    await harness.apply(word, word)
    assert (found.state, differences_of(found)) == ("matched", [])
    booked = [one for one in await harness.refunds(payment) if one.cause is RefundCause.EXTERNAL]
    assert [(one.amount, one.channel_refund_no) for one in booked] == [(300, lost)]
    assert await harness.rows("select from dead_event") == []


@pytest.mark.parametrize("of_total", [None, "re_1"])
async def test_a_lost_refund_that_the_total_counted_first_is_booked_once(
    harness: Harness, of_total: str | None
) -> None:
    payment = await harness.paid()
    ours = (await harness.refund(refund_request(payment, "T1", 100))).refund
    await harness.apply(refund_result(ours, Source.NOTICE, Verdict.SUCCEEDED))
    lost = new_id("refund")
    word = refund_result(
        ours, Source.NOTICE, Verdict.SUCCEEDED, refund_no=lost, channel_refund_no="re_1",
        amount=300, currency="CNY",
    )  # fmt: skip
    total = paid(payment, Source.NOTICE, amount_refunded=400, channel_refund_no=of_total)
    await harness.apply(total, word, total)
    await harness.apply(word, total)
    booked = [one for one in await harness.refunds(payment) if one.cause is RefundCause.EXTERNAL]
    assert [(one.amount, one.channel_refund_no) for one in booked] == [(300, lost)]
    row = row_of(payment, kind="refund", refund_no=lost, channel_no="re_1", amount=-300)
    own = row_of(payment, kind="refund", refund_no=ours.refund_no, amount=-100)
    await next_morning(harness)
    found = await compared(harness, row_of(payment), own, row)
    assert (found.state, differences_of(found)) == ("matched", [])
    assert len(await harness.refunds(payment)) == 2


async def test_a_lost_refund_that_has_not_succeeded_is_a_dead_letter(harness: Harness) -> None:
    payment = await harness.paid()
    ours = (await harness.refund(refund_request(payment, "T1", 100))).refund
    for verdict in (Verdict.PENDING, Verdict.DECLINED, Verdict.SUCCEEDED):
        lost = new_id("refund")
        await harness.apply(refund_result(ours, Source.NOTICE, verdict, refund_no=lost))
    assert len(await harness.refunds(payment)) == 1
    assert len(await harness.rows("select from dead_event")) == 3


async def test_what_found_no_room_is_kept_until_the_refund_under_way_fails(
    harness: Harness,
) -> None:
    """Paid 10.00, and all of it back twice at once: at the console, and by the app, which the
    channel then refuses."""
    payment = await harness.paid(request(amount=1000))
    first = (await harness.refund(refund_request(payment, "T1", 300))).refund
    second = (await harness.refund(refund_request(payment, "T2", 400))).refund
    await harness.attend()
    outside = paid(payment, channel_refund_no="50001", channel_refund_amount=500, refunded=True)
    await harness.apply(outside, outside)
    assert len(await harness.refunds(payment)) == 2
    assert await harness.alerts() == []
    harness.pass_time(1)
    await harness.apply(refund_result(first, Source.REFUND, Verdict.SUCCEEDED))
    await harness.apply(refund_result(second, Source.REFUND, Verdict.DECLINED))
    booked = [one for one in await harness.refunds(payment) if one.cause is RefundCause.EXTERNAL]
    assert [(one.amount, one.channel_refund_no) for one in booked] == [(500, "50001")]
    now_is = await harness.payment(payment)
    assert (now_is.refund_reserved, now_is.amount_refunded, now_is.held_words) == (800, 800, ())
    assert await harness.balances() == {
        "channel_receivable": 200, "merchant_payable": -200, "refunds_in_flight": 0
    }  # fmt: skip
    await harness.apply(outside)
    assert len(await harness.refunds(payment)) == 3


@pytest.mark.parametrize(
    "word",
    [
        {"channel_refund_no": "50001", "channel_refund_amount": 400},
        {"amount_refunded": 400, "channel_refund_no": "50001"},
        {"dispute": Dispute(dispute_no="dp_1", amount=400)},
    ],
    ids=["one refund", "total", "dispute"],
)
@pytest.mark.parametrize("stuck_first", [True, False])
async def test_what_finds_no_room_beside_a_stuck_refund_waits_for_the_person_who_ends_it(
    harness: Harness, word: dict[str, Any], stuck_first: bool
) -> None:
    """Paid 10.00; 7.00 are stuck while 4.00 are taken back, and a person gives the 7.00 up."""
    payment = await harness.paid(request(amount=1000))
    ours = (await harness.refund(refund_request(payment, "T1", 700))).refund
    await harness.attend()
    stuck = refund_result(ours, Source.QUERY_REFUND, Verdict.DECLINED, abnormal=True)
    harness.pass_time(60)
    times: dict[str, Any] = {"asked_at": harness.now, "said_at": harness.now}
    back = paid(payment, refunded=True, **times, **word)
    for each in (stuck, back) if stuck_first else (back, stuck):
        await harness.apply(each)
    refund, *_ = await harness.refunds(payment)
    assert (refund.refund_no, refund.state) == (ours.refund_no, RefundStatus.ABNORMAL)
    release = DecideRefund(
        decision=RefundDecision.RELEASE, reason="x", decided_by="li", version=refund.version
    )
    await decide_refund(harness.deps, refund.refund_no, release)
    booked = [one for one in await harness.refunds(payment) if one.cause is RefundCause.EXTERNAL]
    assert sum(one.amount for one in booked) == 400
    now_is = await harness.payment(payment)
    assert (now_is.refund_reserved, now_is.amount_refunded, now_is.held_words) == (400, 400, ())
    await harness.apply(back)
    with pytest.raises(RefundExceedsPaid):
        await harness.refund(refund_request(payment, "T2", 700))


async def test_a_dispute_waits_for_room_and_stands_beside_the_total(harness: Harness) -> None:
    """Paid 10.00; the payer's bank takes 4.00 back, 3.00 are refunded in the dashboard, and the
    channel refuses what the app asked for meanwhile."""
    payment = await harness.paid(request(amount=1000))
    ours = (await harness.refund(refund_request(payment, "T1", 700))).refund
    await harness.attend()
    taken = paid(
        payment, refunded=True, amount_refunded=400, channel_refund_no="dp_1",
        channel_refund_amount=400, dispute=Dispute(dispute_no="dp_1", amount=400),
        asked_at=harness.now, said_at=harness.now,
    )  # fmt: skip
    await harness.apply(taken, taken)
    [held] = (await harness.payment(payment)).held_words
    assert (held.is_dispute, held.amount) == (True, 400)
    harness.pass_time(1)
    await harness.apply(refund_result(ours, Source.REFUND, Verdict.DECLINED))
    harness.pass_time(1)
    total = paid(payment, Source.QUERY, refunded=True, amount_refunded=300)
    await harness.apply(total, total, taken)
    booked = [one for one in await harness.refunds(payment) if one.cause is RefundCause.EXTERNAL]
    assert [(one.amount, one.is_dispute) for one in booked] == [(400, True), (300, False)]
    assert (await harness.payment(payment)).amount_refunded == 700
    assert await harness.alerts() == ["refund.disputed", "refund.external"]
    assert await harness.balances() == {
        "channel_receivable": 300, "merchant_payable": -300, "refunds_in_flight": 0
    }  # fmt: skip


async def test_a_dispute_that_was_won_is_the_merchants_money_again(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    bank = Dispute(dispute_no="dp_1", amount=400)
    await harness.apply(paid(payment, refunded=True, amount_refunded=400, dispute=bank))
    harness.pass_time(60)
    won = bank.model_copy(update={"is_won": True})
    await harness.apply(paid(payment, dispute=won), paid(payment, dispute=won))
    [refund] = await harness.refunds(payment)
    assert (refund.state, refund.is_dispute) == (RefundStatus.ABNORMAL, True)
    assert (await harness.events())[-1].type == OrderEventType.REFUND_ABNORMAL
    assert await harness.alerts() == ["refund.disputed", "refund.abnormal"]
    assert await harness.balances() == {
        "channel_receivable": 1000, "merchant_payable": -600, "refunds_in_flight": -400
    }  # fmt: skip
    assert refund.refund_no not in await harness.due()


async def test_a_dispute_taken_and_won_in_one_batch_is_as_in_two(harness: Harness) -> None:
    """All that became of it is kept with the row that is new."""
    payment = await harness.paid(request(amount=1000))
    bank = Dispute(dispute_no="dp_1", amount=400)
    taken = paid(payment, refunded=True, amount_refunded=400, dispute=bank)
    won = paid(payment, dispute=bank.model_copy(update={"is_won": True}))
    await harness.apply(taken, won)
    (refund,) = await harness.refunds(payment)
    assert (refund.state, refund.turn) == (RefundStatus.ABNORMAL, 1)
    assert refund.failure is not None
    assert refund.failure.code == WON
    assert refund.last_fact is RefundFact.STUCK

    harness.pass_time(60)
    asked = {"asked_at": harness.now, "said_at": harness.now}
    await harness.apply(taken.model_copy(update=asked))
    (refund,) = await harness.refunds(payment)
    assert (refund.state, refund.turn) == (RefundStatus.SUCCEEDED, 1)
    check = await check_ledger.check(harness.db, harness.now + timedelta(hours=1), lambda: None)
    assert check is not None
    assert not check.differences


async def test_disputes_that_a_release_before_booked_are_marked(harness: Harness) -> None:
    """By their numbers, which no channel gives a refund."""
    numbers = {"P1": "dp_1", "P2": "du_2", "P3": "re_3", "P4": None}
    payments = [await harness.paid(request(merchant_order_no=number)) for number in numbers]
    for payment, number in zip(payments, numbers.values(), strict=True):
        await harness.apply(paid(payment, amount_refunded=300, channel_refund_no=number))
    migration = import_module("trade_core.migrations.versions.0028_disputes")
    await harness.rows(migration.BOOKED_BEFORE)
    marked = [(await harness.refunds(payment))[0].is_dispute for payment in payments]
    assert marked == [True, True, False, False]
