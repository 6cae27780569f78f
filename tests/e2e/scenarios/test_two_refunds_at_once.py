"""Many refunds of one payment in the same moment."""

import asyncio
import time

import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_two_refunds_at_once(harness: Harness, channel: str) -> None:
    """Of two full refunds one is accepted, and the other hears why not."""
    body = harness.request(channel, amount=1000)
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    answers = await asyncio.gather(*(harness.ask_refund(payment, 1000) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    order = await all_books.agree(harness, body)
    assert order["amount_refunded"] == 1000


async def test_fifty_refunds_at_once(harness: Harness) -> None:
    """Together they never exceed what was paid, in the books and at the channel."""
    body = harness.request("wechat", amount=1000)
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    await harness.fault(channel="wechat", operation="refund", fault="delay", delay_s=0.5)
    answers = await asyncio.gather(*(harness.ask_refund(payment, 70) for _ in range(50)))
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert refused == ["refund_exceeds_paid"] * 36
    assert sum(answer.status_code == 201 for answer in answers) == 14
    order = await all_books.agree(harness, body)
    assert (len(order["refunds"]), order["amount_refunded"]) == (14, 980)


async def test_refunds_at_once_of_an_alipay_trade_go_one_after_the_other(harness: Harness) -> None:
    """Alipay wants three seconds between them, and the sandbox refuses one that comes sooner."""
    body = harness.request("alipay", amount=1000)
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    asked = time.monotonic()
    answers = await asyncio.gather(*(harness.ask_refund(payment, 300) for _ in range(3)))
    for answer in answers:
        await harness.refund_becomes(answer.json()["refund_no"], "succeeded", within_s=60)
    assert time.monotonic() - asked > 6
    order = await all_books.agree(harness, body)
    assert order["amount_refunded"] == 900
    refused = "select call from channel_call where subject = any ($1) and call->>'code' like $2"
    numbers = [answer.json()["refund_no"] for answer in answers]
    assert await harness.rows(refused, numbers, "%SYSTEM_ERROR") == []
