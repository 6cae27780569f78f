"""Old and wrong answers come in after the success."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT

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


async def test_success_is_never_overwritten_by_fail(harness: Harness) -> None:
    """Paid stays paid and is told once; that a paid trade was closed is for a person."""
    body = harness.request("wechat")
    payment = await harness.created(body)
    number = payment["payment_no"]
    await harness.pays(number)
    await harness.receives("payment.succeeded", number)
    await harness.channel_says(payment, *LATE_WORDS)
    await _are_received(harness, body, number)
    assert "payment.closed_after_success" in await harness.alerts(number)


async def test_success_that_meets_a_fail_is_never_lost(harness: Harness) -> None:
    """The webhook and wrong answers of all kinds are applied side by side."""
    body = harness.request("alipay")
    payment = await harness.created(body)
    number = payment["payment_no"]
    await asyncio.gather(
        harness.channel_says(payment, *LATE_WORDS[:6]),
        harness.pays(number),
        harness.channel_says(payment, *reversed(LATE_WORDS[:6])),
    )
    await _are_received(harness, body, number)


async def _are_received(harness: Harness, body: dict[str, object], payment_no: str) -> None:
    """Later words of the same payment are behind the earlier ones, so a refund's end is theirs."""
    await harness.receives("payment.succeeded", payment_no)
    refund_no = await harness.refunded(await harness.payment(payment_no), AMOUNT)
    await harness.refund_becomes(refund_no, "succeeded")
    assert (await harness.payment(payment_no))["status"] == "succeeded"
    order = await all_books.agree(harness, body)
    assert (order["status"], order["amount_refunded"]) == ("paid", AMOUNT)
