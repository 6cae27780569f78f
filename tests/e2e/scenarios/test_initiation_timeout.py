"""Nobody knows whether the channel has the payment."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY, SOON_ABSENT
from tests.e2e.harness import Harness
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

HANGS_S = 12.0
"""Longer than a channel call may take (10 s)."""


async def test_initiation_timeout(harness: Harness) -> None:
    """It is unknown, not failed, until the channel has said what became of it."""
    slow, *others = EVERY
    await harness.fault(channel=slow, operation="pay", fault="delay", delay_s=HANGS_S, times=1)
    for channel in others:
        await harness.fault(channel=channel, operation="pay", fault="drop_answer", times=1)
    await asyncio.gather(*(_work_done_and_paid(harness, channel) for channel in EVERY))


async def test_initiation_timeout_of_a_channel_that_did_nothing(harness: Harness) -> None:
    """It ends closed at its expiry, when the channel is certain that nobody can pay it."""
    for channel in SOON_ABSENT:
        await harness.fault(channel=channel, operation="pay", fault="drop_request", times=1)
    await asyncio.gather(*(_nothing_done(harness, channel) for channel in SOON_ABSENT))


async def _work_done_and_paid(harness: Harness, channel: str) -> None:
    body = harness.request(channel)
    answer = await harness.ask(body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (504, "unknown"), problem
    assert problem["payment"]["status"] == "unknown"
    number = problem["payment"]["payment_no"]
    again = await harness.ask(body)
    assert (again.status_code, again.json()["payment_no"]) == (200, number)

    async def is_there() -> bool:
        return await harness.trade(number) is not None

    await eventually(is_there)
    await harness.pays(number, notify=False)
    order = await all_books.agree(harness, body, within_s=60)
    assert (order["status"], len(order["payments"])) == ("paid", 1)


async def _nothing_done(harness: Harness, channel: str) -> None:
    body = harness.request(channel, expires_in_s=3)
    answer = await harness.ask(body)
    assert (answer.status_code, answer.json()["code"]) == (504, "unknown")
    number = answer.json()["payment"]["payment_no"]
    assert await harness.trade(number) is None
    assert (await harness.payment(number))["status"] == "unknown"
    order = await all_books.agree(harness, body, within_s=60)
    assert order["status"] == "closed"
    assert order["payments"][0]["status"] == "closed"
