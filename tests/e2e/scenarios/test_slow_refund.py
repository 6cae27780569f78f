"""The bank takes days, and then nobody tells us."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAYS_PASS = "UPDATE due_work SET due_at = now(), attempt = attempt + 240 WHERE subject = $1"
"""Five days later: as many questions were asked, and the next one is due."""


async def test_slow_refund(harness: Harness) -> None:
    """No time limit ends it: five days later it is asked about as in the first hour."""
    await asyncio.gather(*(_takes_days(harness, channel) for channel in EVERY))


async def _takes_days(harness: Harness, channel: str) -> None:
    body = harness.request(channel)
    payment = await harness.created(body)
    number = payment["payment_no"]
    await harness.pays(number)
    await harness.becomes(number, "succeeded")
    await harness.fault(channel=channel, operation="refund", fault="hold", payment_no=number)
    await harness.fault(
        channel=channel, operation="notice", fault="drop_request", payment_no=number
    )
    refund_no = await harness.refunded(payment, AMOUNT)
    await _is_held(harness, number)

    await harness.rows(DAYS_PASS, refund_no)
    await _is_asked_about(harness, refund_no)
    assert (await harness.api.get(f"/v1/refunds/{refund_no}")).json()["status"] == "processing"
    decided = await harness.sandbox.post(
        "/_control/refunds", json={"refund_no": refund_no, "state": "succeeded"}
    )
    assert decided.status_code == 200, decided.text
    await harness.rows(DAYS_PASS, refund_no)
    order = await all_books.agree(harness, body)
    assert (order["status"], order["amount_refunded"]) == ("paid", AMOUNT)


async def _is_held(harness: Harness, payment_no: str) -> None:
    async def has_it() -> bool:
        trade = await harness.trade(payment_no)
        return trade is not None and [r["state"] for r in trade["refunds"]] == ["processing"]

    await eventually(has_it)


async def _is_asked_about(harness: Harness, refund_no: str) -> None:
    """Its row was taken up, and says when to look again."""

    async def is_due_later() -> bool:
        query = "SELECT attempt > 240 AND due_at > now() AS later FROM due_work WHERE subject = $1"
        (row,) = await harness.rows(query, refund_no)
        return bool(row["later"])

    await eventually(is_due_later)
