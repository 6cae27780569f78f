"""Refunds at a channel's console that its statement lists as under way: no later one lists them
(money-moved-outside)."""

from typing import Any, Final

import pytest
from tests.builders.trade_core import ACCOUNT, MERCHANT, closed, refund_request, returned
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    ANSWERED_S,
    compared,
    compared_again,
    difference,
    differences_of,
    next_morning,
    refund_row,
    row_of,
)

from contracts.api import RefundCause
from contracts.events.commands import CommandName
from contracts.events.results import RefundResult, Source, Verdict
from contracts.internal import StatementRow
from trade_core.domain.payment import Payment

NUMBER: Final = "console-2"


def under_way(payment: Payment, queried_as: str = NUMBER) -> StatementRow:
    return row_of(
        payment, kind="refund", channel_no="50300022", amount=-300, fee=0, status="under_way",
        queried_as=queried_as,
    )  # fmt: skip


def answer(payment: Payment, verdict: Verdict = Verdict.SUCCEEDED) -> RefundResult:
    return RefundResult(
        refund_no=NUMBER,
        payment_no=payment.payment_no,
        merchant_id=MERCHANT,
        payment_id=ACCOUNT,
        channel="wechat",
        source=Source.QUERY_REFUND,
        verdict=verdict,
        amount=300,
        currency=payment.currency,
        channel_refund_no="50300022",
    )


async def test_it_is_asked_about_by_its_number_and_booked(harness: Harness) -> None:
    """It was never booked, nobody heard of it, and the statement matched."""
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), under_way(payment))
    assert differences_of(found) == [("not_booked", payment.payment_no, "asked")]
    asked = harness.sent[-1]
    assert (asked.command, asked.payment.payment_no) == (
        CommandName.QUERY_REFUND, payment.payment_no,
    )  # fmt: skip
    assert asked.refund is not None
    assert asked.refund.refund_no == NUMBER

    await harness.apply(answer(payment))
    harness.pass_time(ANSWERED_S)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, again.open_differences) == ("matched", 0)
    (booked,) = await harness.refunds(payment)
    assert (booked.cause, booked.amount) == (RefundCause.EXTERNAL, 300)
    assert booked.channel_refund_no == "50300022"
    assert await harness.alerts() == ["refund.external"]


async def test_as_long_as_it_is_under_way_it_is_a_difference_and_asked_about(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), under_way(payment))
    await harness.apply(answer(payment, Verdict.PENDING))
    harness.pass_time(ANSWERED_S)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, difference(again).billed_amount) == ("differs", -300)
    assert [each.command for each in harness.sent] == 2 * [CommandName.QUERY_REFUND]
    assert await harness.alerts() == ["reconciliation.differs"]
    assert await harness.refunds(payment) == []


async def test_one_that_came_to_nothing_is_no_difference_any_more(harness: Harness) -> None:
    """No statement lists it again: it was asked about, and differed, for ever."""
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), under_way(payment))
    await harness.apply(answer(payment, Verdict.PENDING))
    harness.pass_time(ANSWERED_S)
    assert (await compared_again(harness, found.statement_no)).state == "differs"
    await harness.apply(answer(payment, Verdict.DECLINED))
    harness.pass_time(3600)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, again.open_differences) == ("matched", 0)
    assert await harness.refunds(payment) == []


@pytest.mark.parametrize(
    "other",
    [{"abnormal": True}, {"found": False}, {"payment_id": "C2"}, {"refund_no": "console-3"}],
)
async def test_no_other_word_ends_it(harness: Harness, other: dict[str, Any]) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), under_way(payment))
    await harness.apply(answer(payment, Verdict.DECLINED).model_copy(update=other))
    harness.pass_time(ANSWERED_S)
    assert (await compared_again(harness, found.statement_no)).state == "differs"


async def test_what_is_booked_stays_listed_whatever_an_older_word_says(harness: Harness) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), under_way(payment))
    await harness.apply(answer(payment))
    await harness.apply(answer(payment, Verdict.DECLINED))
    harness.pass_time(ANSWERED_S)
    again = await compared_again(harness, found.statement_no)
    assert (again.state, again.open_differences) == ("matched", 0)


async def test_without_a_number_people_hear_of_it_at_once(harness: Harness) -> None:
    """A file that people bring: its channel answers no question about such a refund."""
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, row_of(payment), under_way(payment, queried_as=""))
    assert differences_of(found) == [("not_booked", payment.payment_no, "open")]
    assert harness.sent == []


async def test_beside_one_that_is_booked_only_the_other_differs(harness: Harness) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    done = row_of(payment, kind="refund", refund_no="50300021", amount=-200)
    found = await compared(harness, row_of(payment), done, under_way(payment))
    assert differences_of(found) == [("not_booked", payment.payment_no, "asked")]
    assert [one.amount for one in await harness.refunds(payment)] == [200]
    await harness.apply(answer(payment))
    harness.pass_time(ANSWERED_S)
    assert (await compared_again(harness, found.statement_no)).state == "matched"


async def test_a_refund_of_ours_that_is_under_way_is_no_difference(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment, amount=300))).refund
    await harness.apply(returned(refund))
    await next_morning(harness)
    found = await compared(harness, row_of(payment), refund_row(refund, status="under_way"))
    assert (found.state, differences_of(found)) == ("matched", [])


async def test_of_what_was_not_paid_here_the_payment_is_asked_about(harness: Harness) -> None:
    payment = await harness.opened()
    await harness.apply(closed(payment))
    await next_morning(harness)
    await compared(harness, row_of(payment), under_way(payment))
    assert [each.command for each in harness.sent] == [CommandName.QUERY] * len(harness.sent)
    assert harness.sent
