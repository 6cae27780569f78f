"""Old and wrong answers come in after the success."""

import asyncio

import pytest
from tests.e2e import books
from tests.e2e.journey import AMOUNT
from tests.e2e.shop import Shop

from contracts.events.results import Source, Verdict

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATE_WORDS = (
    (Source.QUERY, Verdict.DECLINED),
    (Source.QUERY, Verdict.PENDING),
    (Source.QUERY, Verdict.UNKNOWN),
    (Source.CLOSE, Verdict.SUCCEEDED),
    (Source.CLOSE, Verdict.DECLINED),
    (Source.INITIATION, Verdict.DECLINED),
    (Source.INITIATION, Verdict.NOT_SENT),
    (Source.INITIATION, Verdict.UNKNOWN),
)


async def test_success_is_never_overwritten_by_fail(shop: Shop) -> None:
    """Paid stays paid and is told once; that a paid trade was closed is for a person."""
    body = shop.request("wechat")
    payment = await shop.created(body)
    number = payment["payment_no"]
    await shop.pays(number)
    await shop.hears("payment.succeeded", number)
    await shop.channel_says(payment, *LATE_WORDS)
    await _are_heard(shop, body, number)
    assert "payment.closed_after_success" in await shop.alerts(number)


async def test_success_that_meets_a_fail_is_never_lost(shop: Shop) -> None:
    """The webhook and wrong answers of all kinds are applied side by side."""
    body = shop.request("alipay")
    payment = await shop.created(body)
    number = payment["payment_no"]
    await asyncio.gather(
        shop.channel_says(payment, *LATE_WORDS[:6]),
        shop.pays(number),
        shop.channel_says(payment, *reversed(LATE_WORDS[:6])),
    )
    await _are_heard(shop, body, number)


async def _are_heard(shop: Shop, body: dict[str, object], payment_no: str) -> None:
    """Later words of the same payment are behind the earlier ones, so a refund's end is theirs."""
    await shop.hears("payment.succeeded", payment_no)
    refund_no = await shop.refunded(await shop.payment(payment_no), AMOUNT)
    await shop.refund_becomes(refund_no, "succeeded")
    assert (await shop.payment(payment_no))["status"] == "succeeded"
    order = await books.agree(shop, body)
    assert (order["status"], order["amount_refunded"]) == ("paid", AMOUNT)
