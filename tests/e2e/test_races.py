"""The same request from many hands in one moment, through all of the centre."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("channel", ["wechat", "alipay", "easy"])
async def test_twenty_identical_creates_call_the_channel_once(
    harness: Harness, channel: str
) -> None:
    body = harness.request(channel)
    answers = await asyncio.gather(*(harness.ask(body) for _ in range(20)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    busy = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert set(busy) <= {"payment_in_progress"}
    (number,) = {answer.json()["payment_no"] for answer in answers if answer.status_code != 409}

    truth = await harness.sandbox.get("/_control/truth", params={"payment_no": number})
    assert len(truth.json()["trades"]) == 1
    order = await harness.order(body)
    assert [payment["payment_no"] for payment in order["payments"]] == [number]
    await harness.pays(number)
    await harness.becomes(number, "succeeded")
    await all_books.agree(harness, body)


async def test_refunds_of_the_same_number_at_once_are_one(harness: Harness) -> None:
    payment = await harness.paid("wechat")
    number = f"T-{payment['payment_no']}"
    answers = await asyncio.gather(*(harness.ask_refund(payment, 500, number) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    (refund_no,) = {answer.json()["refund_no"] for answer in answers}
    await harness.refund_becomes(refund_no, "succeeded")
    trade = await harness.trade(payment["payment_no"])
    assert trade is not None
    assert [refund["refund_no"] for refund in trade["refunds"]] == [refund_no]
