"""The channel is out of order when the payment's time is over."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import CLOSING, EVERY
from tests.e2e.harness import Harness
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

OUTAGES = ("drop_request", "drop_answer", "status_500", "tamper", "unknown_status")
ASKED_IN_VAIN = 3
EXPIRES_IN_S = 4


async def test_failed_query_never_fails_the_payment(harness: Harness) -> None:
    """Who paid before the outage is paid after it; in between nothing is said that may be wrong."""
    await asyncio.gather(
        *(_paid(harness, channel, fault) for channel in EVERY for fault in OUTAGES)
    )


async def test_failed_query_never_closes_the_payment(harness: Harness) -> None:
    """Who did not pay finds it closed, but only when the channel has said so."""
    await asyncio.gather(*(_unpaid(harness, channel) for channel in CLOSING))


async def _paid(harness: Harness, channel: str, fault: str) -> None:
    body = harness.request(channel, expires_in_s=EXPIRES_IN_S)
    number = (await harness.created(body))["payment_no"]
    fault_ids = await _outage(harness, channel, number, fault)
    await harness.pays(number, notify=False)
    await _asked_in_vain(harness, number)
    assert not [each for each in harness.callbacks.received if each.data["payment_no"] == number]
    assert (await harness.payment(number))["status"] in ("pending", "unknown")
    await _repaired(harness, fault_ids)
    await harness.looked_at_until(lambda: _is(harness, number, "succeeded"), number)
    order = await all_books.agree(harness, body)
    assert order["status"] == "paid"


async def _unpaid(harness: Harness, channel: str) -> None:
    body = harness.request(channel, expires_in_s=EXPIRES_IN_S)
    number = (await harness.created(body))["payment_no"]
    fault_ids = await _outage(harness, channel, number, "drop_request")
    await _asked_in_vain(harness, number)
    assert (await harness.payment(number))["status"] == "pending"
    assert (await harness.order(body))["status"] == "open"
    await _repaired(harness, fault_ids)
    await harness.looked_at_until(lambda: _is(harness, number, "closed"), number)
    order = await all_books.agree(harness, body)
    assert order["status"] == "closed"


async def _outage(harness: Harness, channel: str, payment_no: str, fault: str) -> list[str]:
    """Of this payment alone: neither questions nor closes get an answer that counts."""
    answers = [
        await harness.sandbox.post(
            "/_control/faults",
            json={
                "channel": channel, "operation": operation, "fault": fault,
                "payment_no": payment_no,
            },
        )
        for operation in ("query", "close")
    ]  # fmt: skip
    return [answer.json()["fault_id"] for answer in answers]


async def _repaired(harness: Harness, fault_ids: list[str]) -> None:
    for fault_id in fault_ids:
        answer = await harness.sandbox.delete(f"/_control/faults/{fault_id}")
        assert answer.is_success


async def _asked_in_vain(harness: Harness, payment_no: str) -> None:
    """Its time is over, and several questions after that came to nothing."""

    async def often_enough() -> bool:
        (row,) = await harness.rows(
            "SELECT attempt, now() > expires_at AS over FROM due_work"
            " JOIN payments ON payment_no = due_work.subject WHERE due_work.subject = $1",
            payment_no,
        )
        if row["over"] and row["attempt"] < ASKED_IN_VAIN:
            await harness.time_comes(payment_no)
            await asyncio.sleep(0.3)
        return bool(row["over"] and row["attempt"] >= ASKED_IN_VAIN)

    await eventually(often_enough, within_s=90)


async def _is(harness: Harness, payment_no: str, status: str) -> bool:
    now: str = (await harness.payment(payment_no))["status"]
    assert now in ("pending", "unknown", status)
    return now == status
