"""Rule `durable-before-acknowledged`.

Nothing is acknowledged before it is durable, and nothing durable is forgotten.

`kill -9` in the worst moment: nothing is lost, and every success is told under one id. The load
under which services, database and broker die is in `tests/e2e/test_restarts.py`.

The moment is held still by stopping the broker (SIGSTOP): what was committed cannot be published,
and whoever waits for the publish can be killed while it waits.
"""

import asyncio

import asyncpg
import httpx
import pytest
from tests.e2e.journey import AMOUNT, created, has_status, paid, request, tells, trade_at_channel
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_trade_core_killed_between_commit_and_publish_loses_nothing(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    body = request(stack.demo)
    payment = await created(api, body)
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    async with stack.broker_held_still():
        answer = await api.post(
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
        assert answer.status_code == 201, answer.text
        database = await asyncpg.connect(stack.demo["database_urls"]["trade_core"])
        waiting = await database.fetchval("SELECT count(*) FROM event_pending")
        await database.close()
        assert waiting > 0
        stack.kill("trade-core")
    await stack.is_back("trade-core")
    refund_no = answer.json()["refund_no"]
    await callbacks.expect(tells("refund.succeeded", refund_no), within_s=60)


async def test_the_gateway_killed_between_the_channels_answer_and_the_publish_loses_nothing(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    body = request(stack.demo, notify_url=callbacks.url)
    async with stack.broker_held_still():
        asking = asyncio.ensure_future(api.post("/v1/payments", body))
        payment_no = await payment_at_channel(stack, body["merchant_order_no"], sandbox)
        stack.kill("gateway")
        with pytest.raises(httpx.TransportError):
            await asking
    await stack.is_back("gateway")
    await paid(sandbox, payment_no, notify=False)
    arrived = await callbacks.expect(tells("payment.succeeded", payment_no), within_s=60)
    assert arrived.is_authentic


async def payment_at_channel(
    stack: RunningStack, merchant_order_no: str, sandbox: httpx.AsyncClient
) -> str:
    """The number of the order's payment, once the channel has answered for it."""
    database = await asyncpg.connect(stack.demo["database_urls"]["trade_core"])
    found: list[str] = []

    async def is_there() -> bool:
        number = await database.fetchval(
            "SELECT payment_no FROM payments JOIN orders USING (order_id)"
            " WHERE merchant_order_no = $1",
            merchant_order_no,
        )
        if number is None or await trade_at_channel(sandbox, number) is None:
            return False
        found.append(number)
        return True

    try:
        await eventually(is_there)
    finally:
        await database.close()
    return found[0]


@pytest.mark.parametrize("service", ["notifier", "trade-core", "gateway", "merchant-admin"])
async def test_a_service_killed_under_load_costs_no_callback(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    service: str,
) -> None:
    bodies = [request(stack.demo, notify_url=callbacks.url) for _ in range(20)]
    payments = await asyncio.gather(*(created(api, body) for body in bodies))
    numbers = [payment["payment_no"] for payment in payments]
    paying = [asyncio.ensure_future(paid(sandbox, number)) for number in numbers]
    stack.kill(service)
    await asyncio.gather(*paying)
    await stack.is_back(service)
    ids = {
        number: (await callbacks.expect(tells("payment.succeeded", number), within_s=60)).webhook_id
        for number in numbers
    }
    for callback in callbacks.received:
        if callback.type == "payment.succeeded":
            assert callback.webhook_id == ids[callback.data["payment_no"]]
