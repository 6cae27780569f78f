"""The payer has paid and the webhook is here before the channel has answered our call."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY
from tests.e2e.harness import Harness
from tests.e2e.journey import tells

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER_AFTER_S = 7.0


async def test_webhook_before_initiation_response_returns(harness: Harness) -> None:
    """The app is told of the money while it still waits for its 201, and gets no error then."""
    await asyncio.gather(*(_overtaken(harness, channel) for channel in EVERY))


async def test_webhook_before_an_initiation_response_that_never_returns(harness: Harness) -> None:
    await harness.fault(channel="wechat", operation="notice", fault="early", times=1)
    await harness.fault(channel="wechat", operation="pay", fault="drop_answer", times=1)
    body = harness.request("wechat")
    answer = await harness.ask(body)
    assert (answer.status_code, answer.json()["code"]) == (504, "unknown")
    order = await all_books.agree(harness, body)
    assert order["status"] == "paid"


async def _overtaken(harness: Harness, channel: str) -> None:
    await harness.fault(channel=channel, operation="notice", fault="early", times=1)
    await harness.fault(
        channel=channel, operation="pay", fault="delay", delay_s=ANSWER_AFTER_S, times=1
    )
    body = harness.request(channel)
    asking = asyncio.create_task(harness.ask(body))
    arrived = await harness.callbacks.expect(
        lambda callback: callback.data["merchant_order_no"] == body["merchant_order_no"]
    )
    assert arrived.type == "payment.succeeded"
    assert not asking.done()
    number = arrived.data["payment_no"]
    assert (await harness.payment(number))["status"] == "succeeded"

    answer = await asking
    assert (answer.status_code, answer.json()["payment_no"]) == (201, number)
    order = await all_books.agree(harness, body)
    assert order["status"] == "paid"
    assert (await harness.payment(number))["action"] == answer.json()["action"]
    assert len([c for c in harness.callbacks.received if tells(arrived.type, number)(c)]) == 1
