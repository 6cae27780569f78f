"""Rule `verified-or-nothing`.

What no third party has signed changes nothing: 401, a counter, and that is all.
"""

import base64
import json
import re
from typing import Any

import httpx
import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.running import eventually

from paymesh_local.registration import channel_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHANNELS = pytest.mark.parametrize("channel", ["wechat", "alipay", "easy"])
"""Examples: the conformance suite forges every channel's signature, byte by byte."""


@CHANNELS
async def test_notification_that_was_tampered_with_changes_nothing(
    harness: Harness, channel: str
) -> None:
    """One byte is another one; the true notification, or our question, is believed later."""
    await harness.fault(channel=channel, operation="notice", fault="tamper")
    body = harness.request(channel)
    number = (await harness.created(body))["payment_no"]
    before = await _refused(harness, channel)
    await harness.pays(number)

    async def was_refused() -> bool:
        trade = await harness.trade(number)
        return trade is not None and 401 in [
            notification["status"] for notification in trade["notices"]
        ]

    await eventually(was_refused)
    assert await _refused(harness, channel) > before
    assert not [each for each in harness.callbacks.received if each.data["payment_no"] == number]
    await harness.faults_end()
    await harness.looked_at_until(lambda: _is_paid(harness, number), number)
    await all_books.agree(harness, body)


@CHANNELS
async def test_answer_that_was_tampered_with_is_no_answer(harness: Harness, channel: str) -> None:
    """Whatever a channel's answer says: when its signature is wrong, nobody knows anything."""
    await harness.fault(channel=channel, operation="pay", fault="tamper", times=1)
    body = harness.request(channel)
    answer = await harness.ask(body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (504, "unknown")
    number = problem["payment"]["payment_no"]
    await harness.pays(number)
    await harness.looked_at_until(lambda: _is_paid(harness, number), number)

    await harness.fault(channel=channel, operation="refund", fault="tamper", times=1)
    refund_no = await harness.refunded(await harness.payment(number), 500)
    await harness.looked_at_until(lambda: _has_gone_back(harness, refund_no), refund_no)
    order = await all_books.agree(harness, body)
    assert order["amount_refunded"] == 500


@CHANNELS
async def test_notification_under_another_accounts_address_is_not_believed(
    harness: Harness, channel: str
) -> None:
    """A true notification of one channel, sent to the address of another."""
    body = harness.request(channel)
    payment = await harness.created(body)
    accounts = harness.stack.demo["payment_ids"]
    others = {channel_of(name): accounts[name] for name in accounts if channel_of(name) != channel}
    gateway = harness.stack.demo["gateway_url"]
    async with httpx.AsyncClient(base_url=gateway, trust_env=False) as anybody:
        for other, payment_id in others.items():
            posted = _notification(channel, payment["payment_no"])
            crossed = await anybody.post(f"/webhooks/{other}/{payment_id}", **posted)
            assert crossed.status_code == 401
            nowhere = await anybody.post(f"/webhooks/{channel}/{payment_id}", **posted)
            assert nowhere.status_code == 404
    assert (await harness.payment(payment["payment_no"]))["status"] == "pending"


async def test_signature_of_an_app_that_is_wrong_stores_nothing(harness: Harness) -> None:
    body = harness.request()
    headers = {
        "Content-Type": "application/json",
        "Authorization": f'PAYMESH-HMAC-SHA256 app_id="{harness.stack.app.app_id}",'
        f'key_id="{harness.stack.app.key_id}",timestamp="1",nonce="n",'
        f'signature="{base64.b64encode(bytes(32)).decode()}"',
    }
    gateway = harness.stack.demo["gateway_url"]
    async with httpx.AsyncClient(base_url=gateway, trust_env=False) as anybody:
        answer = await anybody.post(
            "/v1/payments", content=json.dumps(body).encode(), headers=headers
        )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert not await harness.rows(
        "SELECT 1 FROM orders WHERE merchant_order_no = $1", body["merchant_order_no"]
    )


def _notification(channel: str, payment_no: str) -> dict[str, Any]:
    fields = {"out_trade_no": payment_no, "orgInfo": payment_no, "trade_status": "TRADE_SUCCESS"}
    return {"data": fields} if channel == "alipay" else {"json": fields}


async def _is_paid(harness: Harness, payment_no: str) -> bool:
    return bool((await harness.payment(payment_no))["status"] == "succeeded")


async def _has_gone_back(harness: Harness, refund_no: str) -> bool:
    return bool((await harness.api.get(f"/v1/refunds/{refund_no}")).json()["status"] == "succeeded")


async def _refused(harness: Harness, channel: str) -> float:
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"{harness.stack.demo['private_urls']['gateway']}/metrics")).text
    counter = (
        rf'^paymesh_channel_notifications_total{{channel="{channel}",result="unverifiable"}} (\S+)$'
    )
    found = re.search(counter, text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0
