"""The centre says closed or failed, and then the money comes all the same."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT

from contracts.events.results import Source, Verdict

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_success_after_local_close_or_fail(hasty_harness: Harness) -> None:
    """It is never ignored: the order becomes paid after all, and can be refunded."""
    await asyncio.gather(
        _after_the_apps_close(hasty_harness, "paid", []),
        _after_a_wrong_close(hasty_harness),
        _after_a_wrong_no(hasty_harness),
    )


async def test_success_after_local_close_goes_back_where_the_app_wants_that(
    strict_harness: Harness,
) -> None:
    await _after_the_apps_close(strict_harness, "closed", ["late"])


async def _after_the_apps_close(harness: Harness, status: str, causes: list[str]) -> None:
    """The order is closed at once; its channel does not hear of it before the payer has paid."""
    body = harness.request("wechat")
    payment = await harness.created(body)
    await harness.fault(
        channel="wechat", operation="close", fault="drop_request",
        payment_no=payment["payment_no"],
    )  # fmt: skip
    closed = await harness.close(body)
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    await harness.pays(payment["payment_no"])
    await harness.receives("payment.succeeded", payment["payment_no"])
    order = await all_books.agree(harness, body)
    assert order["status"] == status
    assert order["amount_paid"] == (AMOUNT if status == "paid" else 0)
    assert [each["cause"] for each in order["refunds"]] == causes


async def _after_a_wrong_close(harness: Harness) -> None:
    """The channel says that the trade is closed, and lets the payer pay nevertheless."""
    body = harness.request("alipay")
    payment = await harness.created(body)
    await harness.channel_says(payment, (Source.CLOSE, Verdict.SUCCEEDED))
    await harness.receives("payment.closed", payment["payment_no"])
    await harness.pays(payment["payment_no"])
    await harness.receives("payment.succeeded", payment["payment_no"])

    refund_no = await harness.refunded(payment, AMOUNT)
    await harness.refund_becomes(refund_no, "succeeded")
    order = await all_books.agree(harness, body)
    assert (order["status"], order["amount_refunded"]) == ("paid", AMOUNT)


async def _after_a_wrong_no(harness: Harness) -> None:
    """Also a failure is told; and so is the success that proves it wrong."""
    body = harness.request("wechat")
    payment = await harness.created(body)
    await harness.channel_says(payment, (Source.QUERY, Verdict.DECLINED), code="PAYERROR")
    failed = await harness.receives("payment.failed", payment["payment_no"])
    assert failed.data["failure"]["code"] == "PAYERROR"
    await harness.pays(payment["payment_no"])
    await harness.receives("payment.succeeded", payment["payment_no"])
    order = await all_books.agree(harness, body)
    assert (order["status"], order["payments"][0]["failure"]) == ("paid", None)
