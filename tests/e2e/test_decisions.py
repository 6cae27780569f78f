"""What people decide, the whole way: from merchant-admin to the third party and back to the app."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.e2e.admin_person import Person
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

REASON = "与渠道核对"


@pytest_asyncio.fixture(loop_scope="session")
async def person(harness: Harness) -> AsyncIterator[Person]:
    async with Person.signed_in(harness.stack) as person:
        yield person


async def conflicted(harness: Harness, channel: str) -> dict[str, Any]:
    """The payer paid one fen too much, by whatever miracle."""
    payment = await harness.created(harness.request(channel))
    await harness.pays(payment["payment_no"], amount=AMOUNT + 1)
    await harness.becomes(payment["payment_no"], "conflicted")
    await harness.receives("payment.conflicted", payment["payment_no"])
    return payment


async def decide(person: Person, thing: str, number: str, decision: str) -> dict[str, Any]:
    """Decide on what is shown at this moment."""
    seen = f"/api/payments/{number}/claim" if thing == "payment" else f"/api/refunds/{number}"

    async def is_shown() -> bool:  # what people search may be a moment behind
        return (await person.http.get(seen)).status_code == 200

    await eventually(is_shown)
    shown = (await person.http.get(seen)).json()
    on = {"claim": shown} if thing == "payment" else {"version": shown["version"]}
    body = {"decision": decision, "reason": REASON, **on}
    return await person.call("POST", f"/api/{thing}s/{number}/decision", body)


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_conflict_goes_back_as_the_channel_took_it(
    harness: Harness, person: Person, channel: str
) -> None:
    payment = await conflicted(harness, channel)
    number = payment["payment_no"]
    claim = await person.http.get(f"/api/payments/{number}/claim")
    assert claim.json()["amount"] == AMOUNT + 1
    await decide(person, "payment", number, "refund")

    async def is_returned() -> bool:
        trade = await harness.trade(number)
        return trade is not None and trade["refunded"] == AMOUNT + 1

    await eventually(is_returned)
    order = await harness.order(payment)
    (refund,) = order["refunds"]
    assert (refund["cause"], refund["merchant_refund_no"]) == ("requested", None)
    assert (order["status"], order["amount_paid"]) == ("open", 0)
    await harness.receives("refund.succeeded", refund["refund_no"])
    assert await harness.balances([number, refund["refund_no"]]) == {}


async def test_accepted_conflict_is_paid_and_can_be_refunded_in_full(
    harness: Harness, person: Person
) -> None:
    payment = await conflicted(harness, "wechat")
    decided = await decide(person, "payment", payment["payment_no"], "accept")
    assert (decided["status"], decided["order"]["status"]) == ("succeeded", "paid")
    await harness.receives("payment.succeeded", payment["payment_no"])
    refund_no = await harness.refunded(payment, AMOUNT + 1)
    await harness.refund_becomes(refund_no, "succeeded")


async def refund_gets_stuck(harness: Harness, channel: str) -> tuple[str, str]:
    """The channel could not return the money; the numbers of the payment and its refund."""
    payment = await harness.paid(channel)
    number = payment["payment_no"]
    await harness.fault(channel=channel, operation="refund", fault="hold", payment_no=number)
    refund_no = await harness.refunded(payment, AMOUNT)

    async def is_held() -> bool:
        trade = await harness.trade(number)
        return trade is not None and bool(trade["refunds"])

    await eventually(is_held)
    await harness.faults_end()
    request = {"refund_no": refund_no, "state": "abnormal"}
    answer = await harness.sandbox.post("/_control/refunds", json=request)
    assert answer.status_code == 200, answer.text
    return number, refund_no


async def test_stuck_refund_is_paid_out_to_the_merchant(harness: Harness, person: Person) -> None:
    number, refund_no = await refund_gets_stuck(harness, "wechat")
    await harness.refund_becomes(refund_no, "abnormal")
    assert "refund.abnormal" in await harness.alerts(refund_no)

    decided = await decide(person, "refund", refund_no, "pay_out")
    assert decided["status"] == "abnormal"
    await harness.receives("refund.succeeded", refund_no)
    assert await harness.balances([number, refund_no]) == {}


async def test_alipay_leaves_a_stuck_refund_to_people(harness: Harness, person: Person) -> None:
    number, refund_no = await refund_gets_stuck(harness, "alipay")

    async def is_abnormal() -> bool:
        answer = await harness.api.get(f"/v1/refunds/{refund_no}")
        return bool(answer.json()["status"] == "abnormal")

    await harness.looked_at_until(is_abnormal, refund_no)
    await decide(person, "refund", refund_no, "pay_out")

    async def is_for_people_again() -> bool:
        rows = await harness.rows("SELECT decided FROM refunds WHERE refund_no = $1", refund_no)
        return rows[0]["decided"] is None

    await eventually(is_for_people_again)
    await decide(person, "refund", refund_no, "settled_outside")
    await harness.receives("refund.succeeded", refund_no)
    assert (await harness.balances([number, refund_no]))["returned_outside"] == -AMOUNT
