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
