"""易生: its notifications do not sign our number, so they make us ask, and the answer counts."""

from typing import Any

import httpx
import pytest
from tests.e2e.journey import (
    created,
    has_status,
    paid,
    payment_of,
    request,
    tells,
    trade_at_channel,
)
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_payment_on_its_cashier_is_told_by_the_notification(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    payment = await created(api, _request(stack, notify_url=callbacks.url))
    assert payment["action"]["type"] == "redirect"
    await paid(sandbox, payment["payment_no"])
    await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    assert await _notifications(sandbox, payment["payment_no"]) == [200]


async def test_a_wrong_amount_on_its_cashier_is_a_conflict(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack))
    await paid(sandbox, payment["payment_no"], amount=1)
    await eventually(has_status(api, payment["payment_no"], "conflicted"))
    assert (await payment_of(api, payment["payment_no"]))["order"]["amount_paid"] == 0


async def _notifications(sandbox: httpx.AsyncClient, payment_no: str) -> list[int]:
    """The statuses that our webhook answered, once there is one."""
    statuses: list[int] = []

    async def are_answered() -> bool:
        trade = await trade_at_channel(sandbox, payment_no)
        statuses[:] = [each["status"] for each in trade["notices"]] if trade else []
        return bool(statuses)

    await eventually(are_answered)
    return statuses


def _request(stack: RunningStack, **changes: Any) -> dict[str, Any]:
    return request(stack.demo, "easy", method="h5", **changes)


async def test_a_code_of_the_direct_api_is_paid_told_and_refunded(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    body = request(stack.demo, "easy_direct", notify_url=callbacks.url)
    payment = await created(api, body)
    assert payment["action"]["type"] == "qr_code"
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = await browser.get(payment["action"]["qr_code"])
        assert payment["payment_no"] in page.text
        await browser.post(page.url, data={"decision": "pay"})
    await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    wanted = {name: payment[name] for name in ("merchant_id", "payment_id", "payment_no")}
    number = f"{payment['merchant_order_no']}-R"
    refund = await api.post(
        "/v1/refunds",
        {**wanted, "merchant_refund_no": number, "amount": 300, "notify_url": callbacks.url},
    )
    assert refund.status_code == 201
    await callbacks.expect(tells("refund.succeeded", refund.json()["refund_no"]))
    assert (await payment_of(api, payment["payment_no"]))["amount_refunded"] == 300


@pytest.mark.parametrize("account", ["easy", "easy_direct"])
async def test_an_app_is_sent_to_a_page(stack: RunningStack, api: ApiClient, account: str) -> None:
    payment = await created(api, request(stack.demo, account, method="app"))
    assert payment["action"]["type"] == "redirect"
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = await browser.get(payment["action"]["url"])
        await browser.post(page.url, data={"decision": "pay"})
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
