"""The same request from many hands in one moment, through all of the centre."""

import asyncio

import pytest
from tests.e2e import books
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("channel", ["wechat", "alipay", "easy"])
async def test_twenty_identical_creates_call_the_channel_once(shop: Shop, channel: str) -> None:
    body = shop.request(channel)
    answers = await asyncio.gather(*(shop.ask(body) for _ in range(20)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    busy = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert set(busy) <= {"payment_in_progress"}
    (number,) = {answer.json()["payment_no"] for answer in answers if answer.status_code != 409}

    truth = await shop.sandbox.get("/_control/truth", params={"payment_no": number})
    assert len(truth.json()["trades"]) == 1
    order = await shop.order(body)
    assert [payment["payment_no"] for payment in order["payments"]] == [number]
    await shop.pays(number)
    await shop.becomes(number, "succeeded")
    await books.agree(shop, body)


async def test_refunds_of_the_same_number_at_once_are_one(shop: Shop) -> None:
    payment = await shop.paid("wechat")
    number = f"T-{payment['payment_no']}"
    answers = await asyncio.gather(*(shop.ask_refund(payment, 500, number) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    (refund_no,) = {answer.json()["refund_no"] for answer in answers}
    await shop.refund_becomes(refund_no, "succeeded")
    trade = await shop.trade(payment["payment_no"])
    assert trade is not None
    assert [refund["refund_no"] for refund in trade["refunds"]] == [refund_no]
