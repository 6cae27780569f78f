"""Splits on a real database: never more than was paid, never twice."""

import asyncio
from typing import Any, Final

import asyncpg
import pytest
from tests.builders.trade_core import (
    paid,
    refund_request,
    request,
    shared,
    split_request,
    split_result,
)
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until

from contracts.api import EventItem, PaymentStatus, ShareStatus, SplitStatus
from contracts.events.commands import CommandName
from contracts.events.results import Dispute, ShareResult, Source, Verdict
from trade_core.consumers import Results
from trade_core.domain.errors import (
    PaymentNotFound,
    PaymentNotSplittable,
    RefundExceedsPaid,
    SplitExceedsPaid,
    SplitMismatch,
    SplitNotFound,
)
from trade_core.flows import read
from trade_core.flows.open_split import OpenedSplit

SHARE_OF_300: Final = {"account": "190001", "amount": 300, "description": "维修基金"}


async def test_50_splits_and_refunds_at_once_never_exceed_what_was_paid(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))

    async def attempt(number: int) -> None:
        try:
            if number % 2:
                await harness.refund(refund_request(payment, f"T{number}", 70))
            else:
                await harness.split(split_request(payment, f"F{number}", 40, 30))
        except (RefundExceedsPaid, SplitExceedsPaid):
            return

    await asyncio.gather(*(attempt(number) for number in range(50)))
    now_is = await harness.payment(payment)
    assert now_is.refund_reserved + now_is.split_reserved == 980
    assert sum(split.amount for split in await harness.splits(payment)) == now_is.split_reserved
    assert sum(refund.amount for refund in await harness.refunds(payment)) == now_is.refund_reserved
    assert (await harness.balances())["merchant_payable"] == -20


async def test_20_identical_splits_at_once_are_one(harness: Harness) -> None:
    payment = await harness.paid()
    answers = await asyncio.gather(*(harness.split(split_request(payment)) for _ in range(20)))
    assert [answer.created for answer in answers].count(True) == 1
    assert len({answer.split.split_no for answer in answers}) == 1
    assert (await harness.payment(payment)).split_reserved == 300


async def test_same_number_for_two_orders_at_once_is_one_split(harness: Harness) -> None:
    first = await harness.paid()
    second = await harness.paid(request(merchant_order_no="W2"))
    answers = await asyncio.gather(
        harness.split(split_request(first)),
        harness.split(split_request(second)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, OpenedSplit) for answer in answers) == 1
    assert sum(isinstance(answer, SplitMismatch) for answer in answers) == 1


async def test_database_reserves_for_splits_only_as_far_as_the_amount_reaches(
    harness: Harness,
) -> None:
    payment = await harness.paid(request(amount=1000))
    with pytest.raises(asyncpg.CheckViolationError):
        await harness.rows("update payments set split_reserved = 1001")
    unpaid = await harness.opened(request(merchant_order_no="W2"))
    with pytest.raises(asyncpg.CheckViolationError):
        await harness.rows(
            "update payments set split_reserved = 1 where payment_no = $1", unpaid.payment_no
        )
    assert (await harness.payment(payment)).split_reserved == 0


async def test_split_is_sent_at_once_and_its_result_moves_it(harness: Harness) -> None:
    payment = await harness.paid()
    opened = await harness.split(split_request(payment, "F1", 300, 200, finish=True))
    (command,) = await harness.attend()
    assert command.split is not None
    assert (command.command, command.split.split_no) == (CommandName.SPLIT, opened.split.split_no)
    assert [(each.account, each.amount) for each in command.split.receivers] == [
        ("190001", 300),
        ("190002", 200),
    ]
    assert (command.split.finish, command.refund) == (True, None)

    await harness.apply(shared(opened.split, channel_split_no="30001"))
    (split,) = await harness.splits(payment)
    assert (split.state, split.channel_split_no) == (SplitStatus.SUCCEEDED, "30001")
    assert (await harness.event_types())[-2:] == ["split.created", "split.succeeded"]
    assert await harness.balances() == {
        "channel_receivable": 1299, "merchant_payable": -799, "splits_in_flight": 0,
        "split_receivers": -500,
    }  # fmt: skip
    assert await harness.due() == {}


async def test_unknown_split_is_asked_about_and_sent_again_with_the_same_number(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    split = (await harness.split(split_request(payment))).split
    sent = []
    for verdict, source, found in (
        (Verdict.NOT_SENT, Source.SPLIT, True),
        (Verdict.UNKNOWN, Source.SPLIT, True),
        (Verdict.PENDING, Source.QUERY_SPLIT, False),
        (Verdict.PENDING, Source.SPLIT, True),
        (Verdict.UNKNOWN, Source.QUERY_SPLIT, True),
    ):
        (command,) = await harness.attend()
        sent.append(command)
        await harness.apply(split_result(split, verdict, source, found=found))
        harness.pass_time(1800)
    assert [command.command for command in sent] == [
        CommandName.SPLIT, CommandName.SPLIT, CommandName.QUERY_SPLIT, CommandName.SPLIT,
        CommandName.QUERY_SPLIT,
    ]  # fmt: skip
    assert {command.split.split_no for command in sent if command.split} == {split.split_no}
    assert (await harness.splits(payment))[0].state is SplitStatus.PROCESSING


async def test_repeat_answers_the_first_split_as_it_is_now(harness: Harness) -> None:
    payment = await harness.paid()
    first = await harness.split(split_request(payment))
    await harness.apply(shared(first.split))
    again = await harness.split(split_request(payment))
    assert (again.created, again.split.split_no) == (False, first.split.split_no)
    assert again.split.state is SplitStatus.SUCCEEDED


async def test_known_number_with_other_content_is_refused(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.split(split_request(payment))
    with pytest.raises(SplitMismatch):
        await harness.split(split_request(payment, "F1", 301))


async def test_split_of_what_is_not_ones_own_is_not_found(harness: Harness) -> None:
    payment = await harness.paid()
    split = (await harness.split(split_request(payment))).split
    with pytest.raises(PaymentNotFound):
        await harness.split(split_request(payment, "F2"), app_id="A2")
    with pytest.raises(PaymentNotFound):
        await harness.split(split_request(payment, "F2", merchant_id="M2"))
    with pytest.raises(SplitNotFound):
        await read.get_split(harness.deps, split.split_no, "A2")
    assert (await read.get_split(harness.deps, split.split_no, "A1")).split_no == split.split_no


async def test_unpaid_payment_cannot_be_split(harness: Harness) -> None:
    payment = await harness.opened()
    with pytest.raises(PaymentNotSplittable):
        await harness.split(split_request(payment))


async def test_payment_is_split_by_itself_when_it_is_paid(harness: Harness) -> None:
    payment = await harness.paid(request(split=[SHARE_OF_300]))
    (split,) = await harness.splits(payment)
    assert (split.merchant_split_no, split.finish, split.amount) == (None, True, 300)
    assert payment.will_split
    (command,) = await harness.attend()
    assert (command.command, command.payment.splits) == (CommandName.SPLIT, True)


@pytest.mark.parametrize(
    "word",
    [
        {"amount_refunded": 800, "channel_refund_no": "2026010522001"},
        {"channel_refund_no": "50300", "channel_refund_amount": 800},
        {"dispute": Dispute(dispute_no="dp_1", amount=800)},
    ],
    ids=["total", "one refund", "dispute"],
)
async def test_what_went_back_before_we_heard_of_the_payment_cannot_be_split(
    harness: Harness, word: dict[str, Any]
) -> None:
    """The first word that a payment was paid says that most of it went back at the channel."""
    payment = await harness.opened(request(amount=1000, split=[SHARE_OF_300]))
    neighbour = await harness.opened(request(merchant_order_no="W2"))
    first = paid(payment, refunded=True, **word)
    batch = [harness.received_payment_result(each) for each in (first, paid(neighbour))]
    await Results(harness.deps).apply(batch)
    now_is = await harness.payment(payment)
    assert (now_is.amount_refunded, now_is.split_reserved) == (800, 0)
    assert await harness.splits(payment) == []
    assert "split.impossible" in await harness.alerts()
    assert await harness.state(neighbour) is PaymentStatus.SUCCEEDED


async def test_what_is_left_after_the_channels_refund_is_split(harness: Harness) -> None:
    payment = await harness.opened(request(amount=1000, split=[SHARE_OF_300]))
    await harness.apply(paid(payment, amount_refunded=700, channel_refund_no="2026010522001"))
    (split,) = await harness.splits(payment)
    assert split.amount == 300
    assert (await harness.payment(payment)).amount_refunded == 700


async def test_what_goes_back_after_the_split_began_is_booked_beside_it(harness: Harness) -> None:
    """Two words in one batch do what they do in two."""
    payment = await harness.opened(request(amount=1000, split=[SHARE_OF_300]))
    back = paid(payment, amount_refunded=800, channel_refund_no="2026010522001")
    await harness.apply(paid(payment), back)
    now_is = await harness.payment(payment)
    assert (now_is.amount_refunded, now_is.split_reserved) == (800, 300)


async def test_share_that_was_not_given_may_be_split_anew(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    opened = await harness.split(split_request(payment, "F1", 600, 400))
    failed = shared(opened.split, ["190002"])
    await harness.apply(failed, failed)
    await harness.apply(failed)
    (split,) = await harness.splits(payment)
    assert [share.state for share in split.shares] == [ShareStatus.SUCCEEDED, ShareStatus.FAILED]
    assert split.shares[1].failure is not None
    assert split.shares[1].failure.code == "NO_RELATION"
    assert (await harness.split(split_request(payment, "F2", 400))).created


async def test_words_that_cannot_be_true_of_a_split_are_dead_letters(harness: Harness) -> None:
    payment = await harness.paid()
    split = (await harness.split(split_request(payment))).split
    other = [ShareResult(account="190001", amount=1, status="succeeded")]
    await harness.apply(
        split_result(split, Verdict.SUCCEEDED, receivers=other),
        split_result(split, Verdict.PENDING),
    )
    assert await harness.alerts() == ["result.parked"]
    assert (await harness.splits(payment))[0].state is SplitStatus.PROCESSING


async def test_apps_list_what_became_of_their_splits(harness: Harness) -> None:
    payment = await harness.paid()
    opened = await harness.split(split_request(payment))
    await harness.apply(shared(opened.split))
    events: list[EventItem] = []

    async def are_listed() -> bool:
        """Not while any transaction of the server runs that began before: another test's, too."""
        events[:] = (await read.list_events(harness.deps, "A1", None, 100)).items
        return [item.type for item in events] == ["payment.succeeded", "split.succeeded"]

    await until(are_listed)
    data = events[-1].model_dump(mode="json")["data"]
    assert data["split_no"] == opened.split.split_no
    assert [receiver["status"] for receiver in data["receivers"]] == ["succeeded"]
