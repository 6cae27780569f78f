"""Register, pay, webhook, callback, refund: the whole way, through all five services."""

import httpx
import pytest
from tests.e2e.journey import (
    AMOUNT,
    created,
    has_status,
    paid,
    payment_of,
    refund_has_status,
    request,
    tells,
)
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("channel", "qr"), [("wechat", "weixin://"), ("alipay", "https://")])
async def test_a_payment_is_created_paid_told_and_refunded(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    channel: str,
    qr: str,
) -> None:
    body = request(stack.demo, channel, notify_url=callbacks.url, metadata={"room": "3-1201"})
    payment = await created(api, body)
    payment_no = payment["payment_no"]
    assert payment["status"] == "pending"
    assert payment["action"]["type"] == "qr_code"
    assert payment["action"]["qr_code"].startswith(qr)

    await paid(sandbox, payment_no)
    callback = await callbacks.expect(tells("payment.succeeded", payment_no))
    assert callback.is_authentic
    assert callback.data["merchant_order_no"] == body["merchant_order_no"]
    assert callback.data["channel_trade_no"]
    assert callback.data["metadata"] == {"room": "3-1201"}

    now = await payment_of(api, payment_no)
    assert (now["status"], now["order"]["status"]) == ("succeeded", "paid")
    assert now["channel_trade_no"] == callback.data["channel_trade_no"]

    refund = (
        await api.post(
            "/v1/refunds",
            {
                "merchant_id": body["merchant_id"],
                "payment_id": body["payment_id"],
                "payment_no": payment_no,
                "merchant_refund_no": f"T-{body['merchant_order_no'][:40]}",
                "amount": 299,
                "reason": "多收",
                "notify_url": callbacks.url,
            },
        )
    ).json()
    assert refund["status"] == "processing"
    returned = await callbacks.expect(tells("refund.succeeded", refund["refund_no"]))
    assert (returned.data["amount"], returned.data["cause"]) == (299, "requested")
    assert (await payment_of(api, payment_no))["amount_refunded"] == 299


async def test_the_order_shows_all_its_payments_and_refunds(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    body = request(stack.demo)
    payment = await created(api, body)
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    answer = await api.get(
        f"/v1/orders/{body['merchant_order_no']}?merchant_id={body['merchant_id']}"
    )
    order = answer.json()
    assert (order["status"], order["amount_paid"], order["refunds"]) == ("paid", AMOUNT, [])
    assert [each["payment_no"] for each in order["payments"]] == [payment["payment_no"]]


async def test_an_app_that_pulls_finds_the_event_under_the_callbacks_id(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    payment = await created(api, request(stack.demo, notify_url=callbacks.url))
    await paid(sandbox, payment["payment_no"])
    callback = await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))

    ids: list[str] = []
    page = (await api.get("/v1/events?limit=100")).json()
    while page["next_cursor"] is not None:
        ids += [item["id"] for item in page["items"]]
        page = (await api.get(f"/v1/events?limit=100&after={page['next_cursor']}")).json()
    assert callback.webhook_id in ids
    assert len(ids) == len(set(ids))


async def test_the_same_request_again_is_the_same_payment(
    stack: RunningStack, api: ApiClient
) -> None:
    body = request(stack.demo)
    first = await created(api, body)
    again = await api.post("/v1/payments", dict(reversed(body.items())))
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["payment_no"] == first["payment_no"]
    assert again.json()["action"] == first["action"]

    other = await api.post("/v1/payments", {**body, "amount": AMOUNT + 1})
    assert (other.status_code, other.json()["code"]) == (409, "too_soon")
    assert 1 <= int(other.headers["Retry-After"]) <= 15


async def test_an_order_that_the_app_closes_is_closed_at_the_channel(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    body = request(stack.demo, notify_url=callbacks.url)
    payment = await created(api, body)
    answer = await api.post(
        f"/v1/orders/{body['merchant_order_no']}/close", {"merchant_id": body["merchant_id"]}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    await callbacks.expect(tells("payment.closed", payment["payment_no"]))
    refused = await sandbox.post("/_control/pay", json={"payment_no": payment["payment_no"]})
    assert refused.status_code == 409


async def test_a_refund_told_abnormal_by_the_channel_is_told_to_the_app(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    await sandbox.post(
        "/_control/faults", json={"channel": "wechat", "operation": "refund", "fault": "hold"}
    )
    body = request(stack.demo, notify_url=callbacks.url)
    payment = await created(api, body)
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    refund = (
        await api.post(
            "/v1/refunds",
            {
                "merchant_id": body["merchant_id"],
                "payment_id": body["payment_id"],
                "payment_no": payment["payment_no"],
                "merchant_refund_no": f"T-{payment['payment_no']}",
                "amount": AMOUNT,
                "notify_url": callbacks.url,
            },
        )
    ).json()

    async def channel_has_it() -> bool:
        decided = await sandbox.post(
            "/_control/refunds", json={"refund_no": refund["refund_no"], "state": "abnormal"}
        )
        return decided.is_success

    await eventually(channel_has_it)
    await callbacks.expect(tells("refund.abnormal", refund["refund_no"]))
    await eventually(refund_has_status(api, refund["refund_no"], "abnormal"))
