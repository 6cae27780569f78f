"""Steps that several end-to-end tests take: a request, a payer who pays, a look at the books."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from paymesh_local.callbacks import Callback
from paymesh_local.client import ApiClient

AMOUNT = 1299
FINAL = frozenset({"succeeded", "failed", "closed", "conflicted"})


def request(demo: dict[str, Any], channel: str = "wechat", **changes: Any) -> dict[str, Any]:
    """A create for this channel's demo account, with an order number of its own."""
    return {
        "merchant_id": demo["merchant_id"],
        "payment_id": demo["payment_ids"][channel],
        "merchant_order_no": f"W{uuid.uuid4().hex}",
        "amount": AMOUNT,
        "subject": "物业费 11月",
        "method": "native",
        **changes,
    }


async def created(api: ApiClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post("/v1/payments", body)
    assert answer.status_code == 201, answer.text
    payment: dict[str, Any] = answer.json()
    return payment


async def paid(sandbox: httpx.AsyncClient, payment_no: str, **how: Any) -> None:
    answer = await sandbox.post("/_control/pay", json={"payment_no": payment_no, **how})
    assert answer.status_code == 200, answer.text


async def payment_of(api: ApiClient, payment_no: str) -> dict[str, Any]:
    answer = await api.get(f"/v1/payments/{payment_no}")
    assert answer.status_code == 200, answer.text
    payment: dict[str, Any] = answer.json()
    return payment


def has_status(api: ApiClient, payment_no: str, *statuses: str) -> Callable[[], Awaitable[bool]]:
    async def next_check() -> bool:
        return (await payment_of(api, payment_no))["status"] in statuses

    return next_check


def refund_has_status(
    api: ApiClient, refund_no: str, *statuses: str
) -> Callable[[], Awaitable[bool]]:
    async def next_check() -> bool:
        answer = await api.get(f"/v1/refunds/{refund_no}")
        return answer.json()["status"] in statuses

    return next_check


async def trade_at_channel(sandbox: httpx.AsyncClient, payment_no: str) -> dict[str, Any] | None:
    """What the third party itself knows of this number."""
    answer = await sandbox.get("/_control/truth", params={"payment_no": payment_no})
    trades: list[dict[str, Any]] = answer.json()["trades"]
    return trades[0] if trades else None


async def fault(sandbox: httpx.AsyncClient, **wanted: Any) -> None:
    answer = await sandbox.post("/_control/faults", json=wanted)
    assert answer.status_code == 201, answer.text


def tells(kind: str, number: str) -> Callable[[Callback], bool]:
    """A callback of this type about this payment_no, refund_no or split_no."""
    return lambda callback: (
        callback.type == kind
        and number
        in (
            callback.data.get("payment_no") if kind.startswith("payment") else None,
            callback.data.get("refund_no"),
            callback.data.get("split_no"),
        )
    )
