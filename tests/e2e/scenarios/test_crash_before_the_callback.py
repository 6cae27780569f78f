"""The money is in our books, and whoever should tell the app of it dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.running import RunningStack, eventually

from chassis.outbox.log import SHARDS
from chassis.outbox.shards import LOCK_CLASS

pytestmark = pytest.mark.asyncio(loop_scope="session")

RELAY = "trade-core:outbox"


@pytest.mark.parametrize("notify", [True, False], ids=["webhook", "query"])
async def test_crash_between_commit_and_callback(harness: Harness, notify: bool) -> None:
    """trade-core dies between the commit and the publish; the event waits in its outbox."""
    body = harness.request("wechat")
    number = (await harness.created(body))["payment_no"]
    async with _nothing_published(harness.stack):
        await harness.pays(number, notify=notify)
        await harness.time_comes(number)
        await harness.becomes(number, "succeeded")
        (event,) = await _events(harness, number)
        harness.stack.kill("trade-core")
    await harness.stack.is_back("trade-core")
    callback = await harness.receives("payment.succeeded", number, within_s=60)
    assert callback.webhook_id == event
    await all_books.agree(harness, body)


async def test_crash_between_the_event_and_the_callback(harness: Harness) -> None:
    """The notifier dies with a callback that the app has not taken yet."""
    harness.callbacks.answer = (500, "not now")
    body = harness.request("alipay")
    number = (await harness.created(body))["payment_no"]
    await harness.pays(number)
    refused = await harness.receives("payment.succeeded", number)
    harness.stack.kill("notifier")
    harness.callbacks.answer = (200, "success")
    await harness.stack.is_back("notifier")

    async def is_taken() -> bool:
        answer = await harness.api.get(f"/v1/deliveries?event_id={refused.webhook_id}")
        return [each["state"] for each in answer.json()["items"]] == ["delivered"]

    await eventually(is_taken, within_s=60)
    await all_books.agree(harness, body)


async def _events(harness: Harness, payment_no: str) -> list[str]:
    """The ids of what the app must be told, and was not told yet."""
    rows = await harness.rows(
        "SELECT event_id FROM event_log JOIN event_pending USING (id)"
        " WHERE type = 'payment.succeeded'"
        " AND convert_from(payload, 'UTF8')::jsonb ->> 'subject' = $1",
        payment_no,
    )
    assert not [
        each for each in harness.callbacks.received if each.data["payment_no"] == payment_no
    ]
    return [row["event_id"] for row in rows]


@asynccontextmanager
async def _nothing_published(stack: RunningStack) -> AsyncIterator[None]:
    """Meanwhile we own all shards of trade-core's outbox, so that its relay has none."""
    database = await asyncpg.connect(stack.demo["database_urls"]["trade_core"])

    async def has_all() -> bool:
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
            RELAY,
        )
        await asyncio.sleep(0.05)
        taken = await database.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1"
            " AND granted AND pid = pg_backend_pid()",
            LOCK_CLASS,
        )
        if taken < SHARDS:
            await database.fetch(
                "SELECT pg_try_advisory_lock($1, shard) FROM generate_series(0, $2::int - 1) shard"
                " WHERE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'"
                " AND classid = $1 AND objid = shard AND pid = pg_backend_pid())",
                LOCK_CLASS,
                SHARDS,
            )
        return bool(taken == SHARDS)

    try:
        await eventually(has_all)
        yield
    finally:
        await database.close()
