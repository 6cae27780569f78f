"""A channel statement beside the books: what agrees, what differs, what is asked about first."""

from datetime import timedelta

import pytest
from tests.builders.trade_core import (
    ACCOUNT,
    OTHER_ACCOUNT,
    closed,
    paid,
    refund_request,
    refund_result,
    request,
    returned,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    ANSWERED_S,
    FOREIGN,
    TODAY,
    account,
    bring,
    compared,
    compared_again,
    difference,
    differences_of,
    fetched_again,
    next_morning,
    reconciliation,
    refund_row,
    row_of,
    settle_books,
)

from contracts.api import PaymentStatus, RefundCause
from contracts.events.commands import CommandName
from contracts.events.results import Dispute, Source, Verdict
from contracts.identifiers import new_id
from contracts.internal import (
    AskForStatement,
    DecidePayment,
    DecideRefund,
    PaymentDecision,
    RefundDecision,
    SettleDifference,
    StatementRow,
)
from trade_core.domain.deciding import claim_shown
from trade_core.domain.reconciliation import EDGE, NEIGHBOURS_THERE, beginning_of, ready_at
from trade_core.flows import compare_statement
from trade_core.flows.check_ledger import check
from trade_core.flows.decide import decide_payment, decide_refund
from trade_core.flows.read_reconciliation import ask_for, settle

LET_BE = SettleDifference(reason="渠道补单", decided_by="li", version=0)


async def test_statement_that_agrees_matches_and_its_fees_are_booked_once(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment, amount=500))).refund
    await harness.apply(returned(refund))
    await next_morning(harness)
    found = await compared(harness, row_of(payment), refund_row(refund), FOREIGN)
    assert (found.state, found.open_differences, differences_of(found)) == ("matched", 0, [])
    assert (found.rows, found.payments, found.refunds, found.foreign_rows) == (3, 1, 1, 1)
    assert (found.paid, found.refunded, found.fees, found.fees_booked) == (1299, 500, 5, 5)
    assert await harness.balances() == {
        "channel_receivable": 1299 - 500 - 5,
        "merchant_payable": -799,
        "refunds_in_flight": 0,
        "channel_fees": 5,
    }
    harness.now = ready_at(TODAY) + timedelta(days=1, hours=2)
    again = await compared_again(harness, found.statement_no)
    assert again.compared_at == harness.now
    assert (await harness.balances())["channel_fees"] == 5
    assert "reconciliation.differs" not in await harness.alerts()


async def test_fees_that_came_back_are_booked_the_other_way_and_the_books_still_agree(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment, fee=-7))
    assert (found.fees_booked, (await harness.balances())["channel_fees"]) == (-7, -7)
    clean = await check(harness.db, harness.now + timedelta(hours=1), lambda: None)
    assert clean is not None
    assert clean.differences == []


async def test_payment_that_only_the_statement_knows_is_asked_about_and_then_agrees(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await next_morning(harness)
    found = await compared(harness, row_of(payment))
    assert found.state == "comparing"
    assert differences_of(found) == [("not_booked", payment.payment_no, "asked")]
    assert (await harness.due())[payment.payment_no] == 0
    assert await harness.alerts() == []
    await harness.apply(paid(payment, Source.QUERY))
    harness.pass_time(ANSWERED_S)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, differences_of(again)) == (
        "matched",
        [("not_booked", payment.payment_no, "closed")],
    )
    assert await harness.alerts() == []


async def test_statement_alone_never_changes_the_state_of_money(harness: Harness) -> None:
    payment = await harness.opened()
    await next_morning(harness)
    found = await compared(harness, row_of(payment))
    harness.pass_time(ANSWERED_S)
    again = await compared_again(harness, found.statement_no)
    assert await harness.state(payment) is PaymentStatus.PENDING
    assert (again.state, again.open_differences) == ("differs", 1)
    assert await harness.alerts() == ["reconciliation.differs"]
    only = difference(again)
    assert (only.our_amount, only.our_status, only.billed_amount) == (1299, "pending", 1299)


async def test_people_hear_once_of_the_same_difference(harness: Harness) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment, amount=1300))
    for hours in (1, 2, 8):
        harness.pass_time(hours * 3600)
        found = await compared_again(harness, found.statement_no)
    assert found.state == "differs"
    assert (await harness.alerts()).count("reconciliation.differs") == 1


async def test_payment_that_ended_here_is_asked_about_by_a_command_of_its_own(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await harness.apply(closed(payment))
    assert await harness.state(payment) is PaymentStatus.CLOSED
    await next_morning(harness)
    await compared(harness, row_of(payment))
    command = harness.sent[-1]
    assert (command.command, command.payment.payment_no) == (CommandName.QUERY, payment.payment_no)


async def test_abnormal_refund_that_the_statement_has_is_asked_about(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    await next_morning(harness)
    found = await compared(harness, row_of(payment), refund_row(refund))
    assert differences_of(found) == [("not_booked", refund.refund_no, "asked")]
    command = harness.sent[-1]
    assert command.command is CommandName.QUERY_REFUND
    assert command.refund is not None
    assert command.refund.refund_no == refund.refund_no


async def test_refund_that_is_under_way_is_no_difference_and_is_seen_when_it_settles(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await next_morning(harness)
    row = refund_row(refund, status="under_way")
    found = await compared(harness, row_of(payment), row)
    assert (found.state, differences_of(found)) == ("matched", [])
    await harness.apply(returned(refund))
    tomorrow = TODAY + timedelta(days=1)
    await next_morning(harness, day=tomorrow)
    following = await compared(harness, day=tomorrow)
    harness.now = ready_at(tomorrow) + timedelta(days=2)
    following = await compared_again(harness, following.statement_no)
    assert (following.state, differences_of(following)) == ("matched", [])


async def test_refund_that_the_statement_calls_failed_is_missed(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(returned(refund))
    await next_morning(harness)
    found = await compared(harness, row_of(payment), refund_row(refund, status="failed"))
    assert differences_of(found) == [("not_billed", refund.refund_no, "open")]
    assert difference(found).our_amount == -500


async def test_payment_that_the_channel_reversed_by_itself_agrees_with_a_closed_one(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await harness.apply(closed(payment))
    await next_morning(harness)
    reversal = row_of(payment, kind="refund", refund_no="X", amount=-1299, fee=-8)
    found = await compared(harness, row_of(payment), reversal)
    assert (found.state, differences_of(found)) == ("matched", [])


async def test_refund_that_a_person_settled_outside_is_missed_nowhere_and_not_expected_twice(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    outside = DecideRefund(
        decision=RefundDecision.SETTLED_OUTSIDE, reason="已转账", decided_by="li", version=1
    )
    await decide_refund(harness.deps, refund.refund_no, outside)
    await next_morning(harness)
    found = await compared(harness, row_of(payment))
    assert (found.state, differences_of(found)) == ("matched", [])
    fetch = await fetched_again(harness, found.statement_no)
    await bring(harness, fetch, [row_of(payment), refund_row(refund)])
    again = await compared_again(harness, found.statement_no)
    assert differences_of(again) == [("not_booked", refund.refund_no, "open")]


@pytest.mark.parametrize(
    "changes", [{"amount": 1300}, {"amount": 1}, {"currency": "HKD"}], ids=["more", "less", "other"]
)
async def test_other_amount_or_currency_is_a_difference(
    harness: Harness, changes: dict[str, object]
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment, **changes))
    assert differences_of(found) == [("amount", payment.payment_no, "open")]


async def test_payment_that_the_channel_took_twice_under_one_number_differs_by_its_sum(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), row_of(payment, channel_no="42001"))
    assert differences_of(found) == [("amount", payment.payment_no, "open")]
    assert difference(found).billed_amount == 2598


async def test_payment_that_is_listed_twice_differs_and_its_fee_is_booked_once(
    harness: Harness,
) -> None:
    """A file that somebody put together of two: the channel took its fee once."""
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment, amount=500))).refund
    await harness.apply(returned(refund))
    await next_morning(harness)
    twice = [row_of(payment, fee=8), refund_row(refund, fee=-3)] * 2
    found = await compared(harness, *twice)
    assert sorted(kind for kind, *_ in differences_of(found)) == ["amount", "amount"]
    assert (found.payments, found.paid, found.refunds, found.refunded) == (2, 2598, 2, 1000)
    assert (found.fees, found.fees_booked) == (5, 5)
    assert (await harness.balances())["channel_fees"] == 5
    assert [row["amount"] for row in await harness.rows("select amount from fee_share")] == [5]


async def test_payment_that_files_of_two_days_list_differs_and_its_fee_is_booked_once(
    harness: Harness,
) -> None:
    """Whichever file comes first, and also when the rows of the first are gone."""
    payment, other = await harness.paid(), await harness.paid(request(merchant_order_no="W2"))
    refund = (await harness.refund(refund_request(payment, amount=500))).refund
    await harness.apply(returned(refund))
    both, tomorrow = [row_of(payment), refund_row(refund)], TODAY + timedelta(days=1)
    await next_morning(harness)
    await next_morning(harness, day=tomorrow)
    first = await compared(harness, *both, row_of(other, fee=6))
    assert first.state == "matched"
    later = await compared(harness, *both, day=tomorrow)
    numbers = sorted(("amount", each, "open") for each in (payment.payment_no, refund.refund_no))
    assert (later.state, differences_of(later)) == ("differs", numbers)
    assert (later.fees, later.fees_booked) == (0, 0)
    assert (await harness.balances())["channel_fees"] == 8 - 3 + 6
    billed = {each.subject: each.billed_amount for each in later.differences.items}
    assert billed == {payment.payment_no: 2598, refund.refund_no: -1000}
    for forgotten in (
        "delete from bill_row where statement_no = $1",
        "update statement set rows_until = null, next_look_at = null where statement_no = $1",
    ):
        await harness.rows(forgotten, first.statement_no)
    harness.now += timedelta(days=1, hours=2)
    again = await compared_again(harness, later.statement_no)
    assert differences_of(again) == numbers
    assert (await harness.balances())["channel_fees"] == 8 - 3 + 6


async def test_fee_that_the_later_file_brought_first_moves_to_the_earlier_one(
    harness: Harness,
) -> None:
    payment, tomorrow = await harness.paid(), TODAY + timedelta(days=1)
    await next_morning(harness)
    await next_morning(harness, day=tomorrow)
    later = await compared(harness, row_of(payment), day=tomorrow)
    assert (await harness.balances())["channel_fees"] == 8
    await compared(harness, row_of(payment))
    harness.now += timedelta(days=1, hours=2)
    again = await compared_again(harness, later.statement_no)
    assert differences_of(again) == [("amount", payment.payment_no, "open")]
    assert (await harness.balances())["channel_fees"] == 8


async def test_conflict_is_a_difference_until_a_person_decides_it(harness: Harness) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment, amount=1298))
    await next_morning(harness)
    found = await compared(harness, row_of(payment, amount=1298))
    assert differences_of(found) == [("not_booked", payment.payment_no, "open")]
    accepted = DecidePayment(
        decision=PaymentDecision.ACCEPT,
        reason="核对",
        decided_by="li",
        claim=claim_shown(await harness.payment(payment)),
    )
    await decide_payment(harness.deps, payment.payment_no, accepted)
    harness.pass_time(3600)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, differences_of(again)) == (
        "matched",
        [("not_booked", payment.payment_no, "closed")],
    )


async def test_number_that_looks_like_ours_and_nobody_knows_is_a_difference(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    stranger, refund = new_id("payment"), new_id("refund")
    await next_morning(harness)
    found = await compared(
        harness,
        row_of(payment),
        row_of(payment, payment_no=stranger),
        row_of(payment, kind="refund", payment_no=stranger, refund_no=refund, amount=-1),
    )
    assert differences_of(found) == sorted(
        [("unknown_number", stranger, "open"), ("unknown_number", refund, "open")]
    )
    assert (found.payments, found.paid, found.fees) == (1, 1299, 8)


async def test_payment_of_another_account_is_that_accounts_business(harness: Harness) -> None:
    payment = await harness.paid(request(payment_id=OTHER_ACCOUNT))
    await next_morning(harness, account(ACCOUNT), account(OTHER_ACCOUNT))
    found = await compared(harness, row_of(payment))
    assert (found.state, found.foreign_rows, found.fees) == ("matched", 1, 0)
    theirs = await compared(harness, FOREIGN, payment_id=OTHER_ACCOUNT)
    assert differences_of(theirs) == [("not_billed", payment.payment_no, "open")]


async def test_what_the_statement_lacks_is_a_difference_that_closes_when_a_later_statement_has_it(
    harness: Harness,
) -> None:
    payment, lost = await harness.paid(), await harness.paid(request(merchant_order_no="W2"))
    await next_morning(harness)
    found = await compared(harness, row_of(payment))
    assert differences_of(found) == [("not_billed", lost.payment_no, "open")]
    only = difference(found)
    assert (only.our_amount, only.billed_amount, only.channel_no) == (1299, None, None)
    fetch = await fetched_again(harness, found.statement_no)
    await bring(harness, fetch, [row_of(payment), row_of(lost)])
    again = await compared_again(harness, found.statement_no)
    assert (again.state, differences_of(again)) == (
        "matched",
        [("not_billed", lost.payment_no, "closed")],
    )
    assert (await harness.balances())["channel_fees"] == 16


@pytest.mark.parametrize("minutes", [-30, 30], ids=["before midnight", "after midnight"])
async def test_what_was_booked_near_midnight_may_stand_in_the_neighbours_statement(
    harness: Harness, minutes: int
) -> None:
    midnight = beginning_of(TODAY + timedelta(days=1))
    harness.now = midnight + timedelta(minutes=minutes)
    payment = await harness.paid()
    ours = TODAY if minutes < 0 else TODAY + timedelta(days=1)
    theirs = TODAY + timedelta(days=1) if minutes < 0 else TODAY
    statements = {}
    for day in (TODAY, TODAY + timedelta(days=1)):
        await next_morning(harness, day=day)
        rows = [row_of(payment)] if day == theirs else [FOREIGN]
        statements[day] = await compared(harness, *rows, day=day)
    harness.now = ready_at(ours) + timedelta(days=2)
    found = await compared_again(harness, statements[ours].statement_no)
    assert (found.state, differences_of(found)) == ("matched", [])
    assert (await reconciliation(harness, statements[theirs].statement_no)).state == "matched"


async def test_what_was_booked_near_midnight_is_missed_when_the_neighbours_statement_has_it_neither(
    harness: Harness,
) -> None:
    harness.now = beginning_of(TODAY + timedelta(days=1)) - timedelta(minutes=30)
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, FOREIGN)
    assert found.state == "matched"
    harness.now = ready_at(TODAY) + timedelta(days=1, hours=2)
    found = await compared_again(harness, found.statement_no)
    assert differences_of(found) == [("not_billed", payment.payment_no, "open")]


async def test_day_that_is_not_over_misses_nothing_and_books_no_fees(harness: Harness) -> None:
    payment, other = await harness.paid(), await harness.paid(request(merchant_order_no="W2"))
    await settle_books(harness)
    today = AskForStatement(merchant_id="M1", payment_id=ACCOUNT, channel="wechat", day=TODAY)
    await ask_for(harness.deps, today)
    found = await compared(harness, row_of(payment))
    assert (found.state, found.fees, found.fees_booked) == ("matched", 8, None)
    assert found.next_look_at == ready_at(TODAY)
    harness.now = ready_at(TODAY)
    whole = await compared(harness, row_of(payment), row_of(other))
    assert (whole.statement_no, whole.state, whole.fees_booked) == (
        found.statement_no,
        "matched",
        16,
    )


async def test_difference_that_a_person_settled_stays_so_and_the_statement_matches(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment, amount=1300))
    number = difference(found).difference_no
    settled = await settle(harness.deps, number, LET_BE)
    assert (settled.state, settled.reason, settled.settled_by) == ("settled", "渠道补单", "li")
    other = LET_BE.model_copy(update={"reason": "again"})
    assert (await settle(harness.deps, number, other)).reason == "渠道补单"
    after = await reconciliation(harness, found.statement_no)
    assert (after.state, after.open_differences) == ("matched", 0)
    harness.pass_time(3600)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, differences_of(again)) == (
        "matched",
        [("amount", payment.payment_no, "settled")],
    )


async def test_those_that_are_not_listed_stay_open_when_one_is_settled(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_statement, "MAX_LISTED", 2)
    payments = [await harness.paid(request(merchant_order_no=f"W{n}")) for n in range(5)]
    await next_morning(harness)
    found = await compared(harness, *(row_of(each, amount=1300) for each in payments))
    assert (found.open_differences, len(found.differences.items)) == (5, 2)
    for count, each in ((4, found.differences.items[0]), (3, found.differences.items[1])):
        await settle(harness.deps, each.difference_no, LET_BE)
        after = await reconciliation(harness, found.statement_no)
        assert (after.state, after.open_differences) == ("differs", count)


async def test_refund_at_the_channels_console_is_booked_from_the_statement(
    harness: Harness,
) -> None:
    """money-moved-outside: no notification, no total, only the file of the day says so."""
    payment = await harness.paid()
    await next_morning(harness)
    console = row_of(payment, kind="refund", refund_no="console-1", amount=-300)
    found = await compared(harness, row_of(payment), console)
    assert (found.state, differences_of(found)) == ("matched", [])
    (refund,) = await harness.refunds(payment)
    assert (refund.cause, refund.amount) == (RefundCause.EXTERNAL, 300)
    assert refund.channel_refund_no == "console-1"
    assert (await harness.payment(payment)).refund_reserved == 300
    assert await harness.alerts() == ["refund.external"]
    again = await compared_again(harness, found.statement_no)
    assert (again.state, len(await harness.refunds(payment))) == ("matched", 1)


async def test_refund_at_the_console_that_is_listed_twice_is_booked_once_and_differs(
    harness: Harness,
) -> None:
    """A file that somebody put together of two: the same line stands in it twice."""
    payment = await harness.paid()
    await next_morning(harness)
    console = row_of(payment, kind="refund", refund_no="console-1", amount=-300)
    found = await compared(harness, row_of(payment), console, console)
    (refund,) = await harness.refunds(payment)
    assert (refund.cause, refund.amount) == (RefundCause.EXTERNAL, 300)
    assert (found.state, differences_of(found)) == (
        "differs", [("not_booked", payment.payment_no, "open")]
    )  # fmt: skip


async def test_refund_that_was_booked_from_a_total_is_not_booked_again(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.apply(paid(payment, Source.QUERY, amount_refunded=500, channel_refund_no="c-2"))
    await next_morning(harness)
    rows = [
        row_of(payment, kind="refund", refund_no=number, amount=-amount)
        for number, amount in (("c-1", 300), ("c-2", 200), ("c-3", 100))
    ]
    found = await compared(harness, row_of(payment), *rows)
    assert (found.state, differences_of(found)) == ("matched", [])
    assert sorted(one.amount for one in await harness.refunds(payment)) == [100, 500]


async def test_more_that_is_booked_as_made_outside_than_statements_list_is_a_difference(
    harness: Harness,
) -> None:
    """Told of under another number after the statement had been read, it was booked once more."""
    payment = await harness.paid()
    await next_morning(harness)
    console = row_of(payment, kind="refund", refund_no="console-1", amount=-300)
    found = await compared(harness, row_of(payment), console)
    assert (found.state, differences_of(found)) == ("matched", [])
    await harness.apply(paid(payment, channel_refund_no="c-2", channel_refund_amount=200))
    assert sorted(one.amount for one in await harness.refunds(payment)) == [200, 300]
    tomorrow = TODAY + timedelta(days=1)
    await next_morning(harness, day=tomorrow)
    assert (await compared(harness, day=tomorrow)).state == "matched"
    harness.now = beginning_of(TODAY) + NEIGHBOURS_THERE
    again = await compared_again(harness, found.statement_no)
    only = difference(again)
    assert (only.kind, only.subject) == ("amount", payment.payment_no)
    assert (only.our_amount, only.billed_amount) == (-500, -300)


async def test_refund_at_the_console_of_the_next_day_is_no_difference_until_it_must_be_listed(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    console = row_of(payment, kind="refund", refund_no="console-1", amount=-300)
    found = await compared(harness, row_of(payment), console)
    await harness.apply(paid(payment, channel_refund_no="c-2", channel_refund_amount=200))
    again = await compared_again(harness, found.statement_no)
    assert (again.state, differences_of(again)) == ("matched", [])
    tomorrow = TODAY + timedelta(days=1)
    await next_morning(harness, day=tomorrow)
    second = row_of(payment, kind="refund", refund_no="c-2", amount=-200)
    assert (await compared(harness, second, day=tomorrow)).state == "matched"
    harness.now = beginning_of(TODAY) + NEIGHBOURS_THERE
    again = await compared_again(harness, found.statement_no)
    assert (again.state, differences_of(again)) == ("matched", [])


async def test_refund_at_the_console_that_the_next_statement_may_list_is_no_difference(
    harness: Harness,
) -> None:
    """UnionPay's day ends at 23:00, by a clock of its own."""
    payment = await harness.paid()
    await harness.apply(paid(payment, channel_refund_no="c-1", channel_refund_amount=100))
    harness.now = beginning_of(TODAY + timedelta(days=1)) - EDGE + timedelta(minutes=5)
    await harness.apply(paid(payment, channel_refund_no="c-2", channel_refund_amount=200))
    await next_morning(harness)
    first = row_of(payment, kind="refund", refund_no="c-1", amount=-100)
    found = await compared(harness, row_of(payment), first)
    assert (found.state, differences_of(found)) == ("matched", [])


async def test_refund_at_the_console_beyond_what_was_paid_stays_a_difference(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    console = row_of(payment, kind="refund", refund_no="console-1", amount=-1400)
    found = await compared(harness, row_of(payment), console)
    assert differences_of(found) == [("not_booked", payment.payment_no, "open")]
    assert (await harness.payment(payment)).refund_reserved == 1299
    assert "refund.external_exceeds" in await harness.alerts()


@pytest.mark.parametrize(("amounts", "fit"), [((300,), True), ((300, 250), False)])
async def test_dispute_explains_no_refund_that_the_statement_lists(
    harness: Harness, amounts: tuple[int, ...], *, fit: bool
) -> None:
    payment = await harness.paid()
    bank = Dispute(dispute_no="dp_1", amount=800)
    await harness.apply(paid(payment, amount_refunded=800, refunded=True, dispute=bank))
    await next_morning(harness)
    rows = [
        row_of(payment, kind="refund", refund_no=f"console-{amount}", amount=-amount)
        for amount in amounts
    ]
    found = await compared(harness, row_of(payment), *rows)
    differs = [] if fit else [("not_booked", payment.payment_no, "open")]
    assert differences_of(found) == differs
    booked = [one.amount for one in await harness.refunds(payment)]
    assert (sum(booked), len(booked)) == (min(800 + sum(amounts), 1299), 1 + len(amounts))
    assert ("refund.external_exceeds" in await harness.alerts()) is not fit


async def test_row_that_cannot_be_read_is_set_aside_and_the_rest_is_compared(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    odd = StatementRow(
        kind="unreadable", payment_no="", refund_no="", channel_no="", amount=0, currency="",
        fee=0, at=None, raw="`2026-01-05\0,\ud800" + "x" * 600, line=7,
    )  # fmt: skip
    found = await compared(harness, row_of(payment), odd)
    assert (found.state, differences_of(found)) == (
        "differs",
        [("unreadable_row", "line 7", "open")],
    )
    detail = difference(found).detail
    assert detail is not None
    assert (detail[:12], len(detail)) == ("`2026-01-05\ufffd", 512)
    assert (found.payments, found.paid) == (1, 1299)
