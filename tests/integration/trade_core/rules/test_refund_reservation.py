"""Rule `refund-reservation`.

Never more goes back than was paid, never twice, and no time limit ends it.
"""

import asyncio

import asyncpg
import pytest
from tests.builders.trade_core import refund_request, refund_result, request, returned
from tests.integration.trade_core.harness import Harness

from contracts.api import RefundStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import RefundExceedsPaid, RefundMismatch, TooManyRefunds
from trade_core.flows.open_refund import OpenedRefund


async def test_50_refunds_at_once_never_exceed_what_was_paid(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))

    async def refund(number: int) -> OpenedRefund | None:
        try:
            return await harness.refund(refund_request(payment, f"T{number}", 70))
        except RefundExceedsPaid:
            return None

    answers = await asyncio.gather(*(refund(number) for number in range(50)))
    started = [answer for answer in answers if answer is not None]
    assert len(started) == 14
    assert (await harness.payment(payment)).refund_reserved == 980
    assert sum(refund.amount for refund in await harness.refunds(payment)) == 980
    assert (await harness.balances())["refunds_in_flight"] == -980


async def test_of_one_payment_200_refunds_are_taken_and_those_that_failed_count_to_500(
    harness: Harness,
) -> None:
    """All of them are read when a channel says what went back, while other orders' words wait."""
    payment = await harness.paid(request(amount=1000))
    for number in range(200):
        await harness.refund(refund_request(payment, f"T{number}", 1))
    with pytest.raises(TooManyRefunds):
        await harness.refund(refund_request(payment, "T200", 1))
    assert not (await harness.refund(refund_request(payment, "T7", 1))).created
    assert (await harness.payment(payment)).refund_reserved == 200
    await harness.rows("update refunds set state = 'failed' where merchant_refund_no <> 'T7'")
    assert (await harness.refund(refund_request(payment, "T200", 1))).created
    await harness.rows("update refunds set state = 'failed'")
    await harness.rows(
        "insert into refunds select (jsonb_populate_record(r, jsonb_build_object('refund_no',"
        " r.refund_no || n, 'merchant_refund_no', n::text))).* from refunds r,"
        " generate_series(1000, 1298) n where r.merchant_refund_no = 'T200'"
    )
    with pytest.raises(TooManyRefunds):
        await harness.refund(refund_request(payment, "T201", 1))


async def test_20_identical_refunds_at_once_are_one(harness: Harness) -> None:
    payment = await harness.paid()
    answers = await asyncio.gather(*(harness.refund(refund_request(payment)) for _ in range(20)))
    assert [answer.created for answer in answers].count(True) == 1
    assert len({answer.refund.refund_no for answer in answers}) == 1
    assert (await harness.payment(payment)).refund_reserved == 500


async def test_payment_refuses_more_reserved_than_paid(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.refund(refund_request(payment, amount=1299))
    with pytest.raises(asyncpg.CheckViolationError):
        await harness.rows("update payments set refund_reserved = refund_reserved + 1")


async def test_repeat_answers_the_first_refund_as_it_is_now(harness: Harness) -> None:
    payment = await harness.paid()
    first = await harness.refund(refund_request(payment))
    await harness.apply(returned(first.refund))
    again = await harness.refund(refund_request(payment))
    assert (again.created, again.refund.refund_no) == (False, first.refund.refund_no)
    assert again.refund.state is RefundStatus.SUCCEEDED


async def test_known_number_with_other_content_is_refused(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.refund(refund_request(payment))
    with pytest.raises(RefundMismatch):
        await harness.refund(refund_request(payment, amount=501))
    other = await harness.paid(request(merchant_order_no="W2"))
    with pytest.raises(RefundMismatch):
        await harness.refund(refund_request(other))


async def test_same_number_for_two_orders_at_once_is_one_refund(harness: Harness) -> None:
    first = await harness.paid()
    second = await harness.paid(request(merchant_order_no="W2"))
    answers = await asyncio.gather(
        harness.refund(refund_request(first)),
        harness.refund(refund_request(second)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, OpenedRefund) for answer in answers) == 1
    assert sum(isinstance(answer, RefundMismatch) for answer in answers) == 1
    reserved = [(await harness.payment(payment)).refund_reserved for payment in (first, second)]
    assert sorted(reserved) == [0, 500]


async def test_failed_refund_leaves_room_for_another(harness: Harness) -> None:
    payment = await harness.paid()
    first = await harness.refund(refund_request(payment, "T1", 1299))
    declined = refund_result(first.refund, Source.REFUND, Verdict.DECLINED, code="NO")
    await harness.apply(declined, declined)
    await harness.apply(declined)
    assert (await harness.payment(payment)).refund_reserved == 0
    assert (await harness.refund(refund_request(payment, "T2", 1299))).created


async def test_unknown_refund_is_asked_about_and_sent_again_with_the_same_number(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    sent = []
    for verdict, source, found in (
        (Verdict.UNKNOWN, Source.REFUND, True),
        (Verdict.PENDING, Source.QUERY_REFUND, False),
        (Verdict.NOT_SENT, Source.REFUND, True),
        (Verdict.PENDING, Source.REFUND, True),
        (Verdict.PENDING, Source.QUERY_REFUND, True),
    ):
        (command,) = await harness.attend()
        sent.append(command)
        await harness.apply(refund_result(refund, source, verdict, found=found))
        harness.pass_time(1800)
    assert [command.command for command in sent] == [
        CommandName.REFUND, CommandName.QUERY_REFUND, CommandName.REFUND, CommandName.REFUND,
        CommandName.QUERY_REFUND,
    ]  # fmt: skip
    assert {command.refund.refund_no for command in sent if command.refund} == {refund.refund_no}
    paid_at = (await harness.payment(payment)).paid_at
    assert paid_at is not None
    assert {command.payment.paid_at for command in sent} == {paid_at}
    assert await harness.refund_state(refund) is RefundStatus.PROCESSING


async def test_refund_months_later_is_still_awaited(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.PENDING))
    harness.pass_time(90 * 86400)
    assert [command.command for command in await harness.attend()] == [CommandName.QUERY_REFUND]
    await harness.apply(refund_result(refund, Source.NOTICE, Verdict.SUCCEEDED))
    assert await harness.refund_state(refund) is RefundStatus.SUCCEEDED
