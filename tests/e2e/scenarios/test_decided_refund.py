"""The channel decides of a refund that it held: it went back, it does not, or it cannot.

Alipay tells of a page's, link's or app's refund that went back, and has nothing to tell of one that
does not.
"""

import asyncio
from typing import Any, Final

import httpx
import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRODUCTS: Final = ("native", "pc", "h5", "app")
PHONE: Final = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile"}


@pytest.mark.parametrize("state", ["succeeded", "failed", "abnormal"])
async def test_decided_refund(harness: Harness, state: str) -> None:
    """Of each of Alipay's products as the channel decided, whether it tells or is asked."""
    await asyncio.gather(*(_is_decided(harness, product, state) for product in PRODUCTS))


async def _is_decided(harness: Harness, product: str, state: str) -> None:
    body = harness.request("alipay", method=product)
    payment = await harness.created(body)
    number = payment["payment_no"]
    await _opens(harness, payment["action"])
    await harness.pays(number)
    await harness.becomes(number, "succeeded")
    await harness.fault(channel="alipay", operation="refund", fault="hold", payment_no=number)
    refund_no = await harness.refunded(payment, AMOUNT)

    async def is_held() -> bool:
        trade = await harness.trade(number)
        return trade is not None and [r["state"] for r in trade["refunds"]] == ["processing"]

    await eventually(is_held)
    decision = {"refund_no": refund_no, "state": state}
    decided = await harness.sandbox.post("/_control/refunds", json=decision)
    assert decided.status_code == 200, decided.text

    async def is_known() -> bool:
        answer = await harness.api.get(f"/v1/refunds/{refund_no}")
        return bool(answer.json()["status"] != "processing")

    await harness.looked_at_until(is_known, refund_no)
    await harness.receives(f"refund.{state}", refund_no)
    refunded = AMOUNT if state == "succeeded" else 0
    order = await harness.order(body)
    assert [one["status"] for one in order["refunds"]] == [state]
    assert order["amount_refunded"] == refunded
    trade = await harness.trade(number)
    assert trade is not None
    assert trade["refunded"] == refunded
    if state != "abnormal":
        await all_books.agree(harness, body)


async def _opens(harness: Harness, action: dict[str, Any]) -> None:
    """The payer's browser or wallet brings the trade to Alipay."""
    async with httpx.AsyncClient(trust_env=False, headers=PHONE) as payer:
        match action["type"]:
            case "form":
                await payer.request(action["method"], action["url"], data=action["fields"])
            case "redirect":
                await payer.get(action["url"])
            case "app":
                await payer.post(
                    harness.stack.demo["sandbox"]["alipay"]["gateway_url"],
                    content=action["params"]["order_string"],
                    headers={"content-type": "application/x-www-form-urlencoded;charset=utf-8"},
                )
