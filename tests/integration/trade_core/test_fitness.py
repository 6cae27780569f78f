"""A replica that cannot do its work is never ready, does none, and goes on by itself."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.trade_core.service import (
    is_ready,
    new_request,
    open_body,
    running_service,
    until,
)
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY

from chassis import migrations

AHEAD_S = timedelta(hours=3).total_seconds()


@asynccontextmanager
async def process(
    url: str, kafka_bootstrap: str, port: int, log: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The service as it is deployed."""
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "trade_core",
            stdout=output,
            env={
                "PATH": os.environ["PATH"],
                "PAYMESH_PRIVATE_PORT": str(port),
                "PAYMESH_DRAIN_S": "0",
                "PAYMESH_ACCEPTED_TOKENS": "gateway:" + "t" * 32,
                "PAYMESH_DATABASE_URL": url,
                "PAYMESH_KAFKA_BOOTSTRAP": kafka_bootstrap,
                "PAYMESH_KAFKA_SECURITY": "plain",
                "PAYMESH_RECORD_KEYS": RECORD_KEY,
                "PAYMESH_CONFIGURATION_PUBLIC_KEYS": CONFIGURATION_PUBLIC_KEY,
            },
        )
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            yield http
    finally:
        running.terminate()
        await running.wait()


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/health/live")).status_code == 200
    except httpx.TransportError:
        return False


async def test_code_that_is_ahead_of_its_schema_waits_for_the_migration(
    postgres_url: str, kafka_bootstrap: str, unused_tcp_port: int, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with process(postgres_url, kafka_bootstrap, unused_tcp_port, log) as http:
        await until(lambda: answers(http))
        health = await http.get("/health/ready")
        refused = await http.post("/internal/payments", json={})
        await asyncio.sleep(1)
        joined = "consumer.assigned" in log.read_text()
        await asyncio.to_thread(migrations.upgrade, "trade_core", postgres_url)
        await until(lambda: _ready_in_process(http))

    assert health.status_code == refused.status_code == 503
    assert health.json()["checks"] == {"started": False, "schema": False}
    assert "no schema" in health.json()["reasons"]["schema"]
    assert not joined
    assert "schema.waiting" in log.read_text()


async def _ready_in_process(http: httpx.AsyncClient) -> bool:
    try:
        return await is_ready(http)
    except httpx.TransportError:  # between the port that waits and the one that works
        return False


@pytest.mark.parametrize("off_s", [AHEAD_S, -6.0], ids=["ahead", "behind"])
async def test_a_replica_with_a_wrong_clock_writes_nothing(
    make_database: Callable[[str], Awaitable[str]], kafka_bootstrap: str, off_s: float
) -> None:
    url, off = await make_database("trade_core"), [0.0]
    async with running_service(url, kafka_bootstrap) as right:
        await right.open(new_request(expires_in_s=600))
    off[0] = off_s
    service = running_service(url, kafka_bootstrap, now=lambda: time.time() + off[0], fit=False)
    async with service as wrong:
        before = await _written(wrong.db)
        health = (await wrong.http.get("/health/ready")).json()
        refused = await wrong.http.post("/internal/payments", json=open_body(new_request()))
        alive = await wrong.http.get("/health/live")
        await asyncio.sleep(1)  # Twice the pause of the loop that attends to what is due.
        after = await _written(wrong.db)
        off[0] = 0.0
        await until(lambda: is_ready(wrong.http))
        await wrong.open(new_request())

    assert health["checks"]["clock"] is False
    assert "this clock is" in health["reasons"]["clock"]
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["connection"] == "close"
    assert alive.status_code == 200
    assert before == after


async def _written(db: Any) -> int:
    async with db.connection() as connection:
        count: int = await connection.fetchval("select count(*) from event_log")
    return count
