"""The centre says closed or failed, and then the money comes all the same."""

import asyncio

import pytest
from tests.e2e import books
from tests.e2e.journey import AMOUNT
from tests.e2e.shop import Shop

from contracts.events.results import Source, Verdict

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_success_after_local_close_or_fail(hasty_shop: Shop) -> None:
    """It is never ignored: the order becomes paid after all, and can be refunded."""
    await asyncio.gather(
        _after_the_apps_close(hasty_shop, "paid", []),
        _after_a_wrong_close(hasty_shop),
        _after_a_wrong_no(hasty_shop),
    )


async def test_success_after_local_close_goes_back_where_the_app_wants_that(
    strict_shop: Shop,
) -> None:
    await _after_the_apps_close(strict_shop, "closed", ["late"])


async def _after_the_apps_close(shop: Shop, status: str, causes: list[str]) -> None:
    """The order is closed at once; its channel does not hear of it before the payer has paid."""
    body = shop.request("wechat")
    payment = await shop.created(body)
    await shop.fault(
        channel="wechat", operation="close", fault="drop_request",
        payment_no=payment["payment_no"],
    )  # fmt: skip
    closed = await shop.close(body)
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    await shop.pays(payment["payment_no"])
    await shop.hears("payment.succeeded", payment["payment_no"])
    order = await books.agree(shop, body)
    assert order["status"] == status
    assert order["amount_paid"] == (AMOUNT if status == "paid" else 0)
    assert [each["cause"] for each in order["refunds"]] == causes


async def _after_a_wrong_close(shop: Shop) -> None:
    """The channel says that the trade is closed, and lets the payer pay nevertheless."""
    body = shop.request("alipay")
    payment = await shop.created(body)
    await shop.channel_says(payment, (Source.CLOSE, Verdict.SUCCEEDED))
    await shop.hears("payment.closed", payment["payment_no"])
    await shop.pays(payment["payment_no"])
    await shop.hears("payment.succeeded", payment["payment_no"])

    refund_no = await shop.refunded(payment, AMOUNT)
    await shop.refund_becomes(refund_no, "succeeded")
    order = await books.agree(shop, body)
    assert (order["status"], order["amount_refunded"]) == ("paid", AMOUNT)


async def _after_a_wrong_no(shop: Shop) -> None:
    """Also a failure is told; and so is the success that proves it wrong."""
    body = shop.request("wechat")
    payment = await shop.created(body)
    await shop.channel_says(payment, (Source.QUERY, Verdict.DECLINED), code="PAYERROR")
    failed = await shop.hears("payment.failed", payment["payment_no"])
    assert failed.data["failure"]["code"] == "PAYERROR"
    await shop.pays(payment["payment_no"])
    await shop.hears("payment.succeeded", payment["payment_no"])
    order = await books.agree(shop, body)
    assert (order["status"], order["payments"][0]["failure"]) == ("paid", None)
