"""`fifteen-second-rule`. The same order is not initiated twice within its window."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders.trade_core import NOON, paid, payment_result, request, waits
from tests.integration.trade_core.harness import Harness, Noted

from contracts.api import OrderStatus, PaymentStatus
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderPaid, PaymentInProgress, TooSoon
from trade_core.flows.open_payment import Opened

SAME: dict[str, Any] = {}

OTHER: dict[str, Any] = {"amount": 1300}


@pytest.mark.parametrize(
    ("seconds", "content", "answer"),
    [
        (0, SAME, "replayed"),
        (14.9, SAME, "replayed"),
        (15, SAME, "created"),
        (0, OTHER, TooSoon),
        (14.9, OTHER, TooSoon),
        (15, OTHER, "created"),
    ],
)
async def test_15_second_rule(harness: Harness, seconds: float, content: Any, answer: Any) -> None:
    first = await harness.opened()
    harness.pass_time(seconds)
    if answer is TooSoon:
        with pytest.raises(TooSoon):
            await harness.open(request(**content))
        return
    opened = await harness.open(request(**content))
    assert opened.created is (answer == "created")
    assert (opened.payment.payment_no == first.payment_no) is (answer == "replayed")


async def test_of_twenty_identical_creates_at_once_exactly_one_is_created(harness: Harness) -> None:
    async def create() -> Opened | None:
        try:
            return await harness.open()
        except PaymentInProgress:
            return None

    answers = await asyncio.gather(*(create() for _ in range(20)))
    created = [answer for answer in answers if answer is not None and answer.created]
    assert len(created) == 1
    assert answers.count(None) == 19
    assert await harness.event_types() == ["payment.created"]
    assert (await harness.rows("select count(*) from payments"))[0]["count"] == 1


@pytest.mark.usefixtures("patient")
async def test_replay_waits_for_the_first_initiation(harness: Harness) -> None:
    harness.order_wake_ups = wake_ups = Noted()
    first = await harness.open()
    replay = asyncio.create_task(harness.open())
    await wake_ups.somebody_waits.wait()
    await harness.apply(waits(first.payment))
    again = await replay
    assert (again.created, again.payment.state) == (False, PaymentStatus.PENDING)
    assert again.payment.action is not None


async def test_replay_while_the_first_is_running_is_told_to_come_back(harness: Harness) -> None:
    await harness.open()
    with pytest.raises(PaymentInProgress) as refused:
        await harness.open()
    assert (refused.value.status, refused.value.retry_after_s) == (409, 1)


async def test_replay_of_a_declined_payment_shows_it_as_it_is(harness: Harness) -> None:
    opened = await harness.open()
    declined = payment_result(opened.payment, Source.INITIATION, Verdict.DECLINED, code="RISK")
    await harness.apply(declined)
    replayed = await harness.open()
    assert (replayed.created, replayed.payment.state) == (False, PaymentStatus.FAILED)
    with pytest.raises(TooSoon):
        await harness.open(request(amount=1))


async def test_window_starts_again_with_each_attempt(harness: Harness) -> None:
    await harness.opened()
    harness.pass_time(20)
    second = await harness.opened()
    harness.pass_time(10)
    replayed = await harness.open()
    assert (replayed.created, replayed.payment.payment_no) == (False, second.payment_no)


async def test_new_attempt_changes_the_order_and_closes_the_older_one(harness: Harness) -> None:
    first = await harness.opened()
    harness.pass_time(16)
    await harness.open(request(amount=1500, subject="停车费"))
    order = await harness.order(first)
    assert (order.amount, order.subject, order.state) == (1500, "停车费", OrderStatus.OPEN)
    commands = await harness.attend()
    assert [(c.command, c.payment.payment_no) for c in commands] == [("close", first.payment_no)]


async def test_paid_order_replays_first_and_then_refuses(harness: Harness) -> None:
    first = await harness.paid()
    replayed = await harness.open()
    assert (replayed.created, replayed.payment.payment_no) == (False, first.payment_no)
    assert replayed.payment.state is PaymentStatus.SUCCEEDED
    with pytest.raises(OrderPaid):
        await harness.open(request(amount=1))
    harness.pass_time(16)
    with pytest.raises(OrderPaid):
        await harness.open()


async def test_webhook_that_overtakes_the_initiation_makes_the_replay_paid(
    harness: Harness,
) -> None:
    first = await harness.open()
    await harness.apply(paid(first.payment))
    await harness.apply(waits(first.payment))
    replayed = await harness.open()
    assert replayed.payment.state is PaymentStatus.SUCCEEDED
    assert replayed.payment.action is not None


def signed_at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def test_bytes_of_an_older_request_change_nothing(harness: Harness) -> None:
    first = (await harness.open(request(amount=100), signed_at=signed_at(0))).payment
    await harness.apply(waits(first))
    harness.pass_time(20)
    second = await harness.open(request(amount=200), signed_at=signed_at(20))
    await harness.apply(waits(second.payment))
    harness.pass_time(100)
    again = await harness.open(request(amount=100), signed_at=signed_at(0))
    assert (again.created, again.payment.payment_no) == (False, first.payment_no)
    with pytest.raises(TooSoon):
        await harness.open(request(amount=150), signed_at=signed_at(10))
    assert (await harness.order(first)).amount == 200
    assert len(await harness.payments(first)) == 2
