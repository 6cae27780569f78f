"""Stripe: its page in a real browser, paid, told, refunded, disputed; ended when it is closed."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser
from tests.e2e.browsing import DESKTOP, device
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


async def test_a_page_is_paid_told_and_refunded(
    stack: RunningStack, api: ApiClient, callbacks: CallbackReceiver, browser: Browser
) -> None:
    payment = await created(api, _request(stack, "pc", notify_url=callbacks.url))
    assert payment["action"]["type"] == "redirect"
    async with device(browser, DESKTOP) as context:
        page = await context.new_page()
        await page.goto(payment["action"]["url"])
        assert "¥12.99" in await page.content()
        await page.click('button[value="pay"]', no_wait_after=True)
        await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    now = await payment_of(api, payment["payment_no"])
    assert now["channel_trade_no"].startswith("pi_")
    refund = await _refunded(api, payment, 300, callbacks.url)
    await callbacks.expect(tells("refund.succeeded", refund["refund_no"]))
    assert (await payment_of(api, payment["payment_no"]))["amount_refunded"] == 300


async def test_an_app_is_given_its_secret(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack, "app"))
    params = payment["action"]["params"]
    assert params["client_secret"].startswith(params["payment_intent"])
    assert params["publishable_key"].startswith("pk_test_")
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))


async def test_a_closed_order_leaves_no_page_that_can_be_paid(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack, "h5"))
    path = f"/v1/orders/{payment['merchant_order_no']}/close"
    await api.post(path, {"merchant_id": payment["merchant_id"]})
    await eventually(has_status(api, payment["payment_no"], "closed"))
    trade = await trade_at_channel(sandbox, payment["payment_no"])
    assert trade is not None
    assert trade["state"] == "closed"


async def test_a_dispute_is_booked_beside_what_is_refunded_in_the_dashboard(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack, "pc"))
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    number = {"payment_no": payment["payment_no"]}

    def has_refunds(*expected: tuple[int, str]) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            path = f"/v1/orders/{payment['merchant_order_no']}?merchant_id={payment['merchant_id']}"
            refunds = (await api.get(path)).json()["refunds"]
            assert {each["cause"] for each in refunds} <= {"external"}
            return sorted((each["amount"], each["status"]) for each in refunds) == [*expected]

        return check

    async def post(path: str, **more: int) -> int:
        return (await sandbox.post(f"/_control/{path}", json={**number, **more})).status_code

    assert await post("disputes", amount=400) == 201
    await eventually(has_refunds((400, "succeeded")))
    assert await post("console-refunds", amount=300) == 201
    await eventually(has_refunds((300, "succeeded"), (400, "succeeded")))
    assert (await payment_of(api, payment["payment_no"]))["amount_refunded"] == 700
    assert await post("disputes/won") == 200
    await eventually(has_refunds((300, "succeeded"), (400, "abnormal")))
    assert (await payment_of(api, payment["payment_no"]))["amount_refunded"] == 300


async def _refunded(
    api: ApiClient, payment: dict[str, Any], amount: int, url: str
) -> dict[str, Any]:
    answer = await api.post(
        "/v1/refunds",
        {
            "merchant_id": payment["merchant_id"],
            "payment_id": payment["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": f"{payment['merchant_order_no']}-R",
            "amount": amount,
            "notify_url": url,
        },
    )
    assert answer.status_code == 201, answer.text
    refund: dict[str, Any] = answer.json()
    return refund


def _request(stack: RunningStack, method: str, **changes: Any) -> dict[str, Any]:
    return request(stack.demo, "stripe", method=method, **changes)
