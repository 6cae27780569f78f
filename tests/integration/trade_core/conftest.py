"""A trade-core with a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import cache

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from tests.integration.trade_core.harness import Harness
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY

from chassis.database import Database
from chassis.settings import AcceptedToken
from trade_core.flows import waiting
from trade_core.main import build
from trade_core.settings import TradeCoreSettings

TOKEN = "the-operators-token-of-these-tests"


@pytest.fixture
async def harness(make_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Harness]:
    url = await make_database("trade_core")
    db = await Database.connect(url, application_name="tests", min_size=1)
    yield Harness(db)
    await db.close()


@pytest.fixture
async def harnesses(
    make_database: Callable[[str], Awaitable[str]],
) -> AsyncIterator[tuple[Harness, Harness]]:
    """Two replicas, each with connections of its own."""
    url = await make_database("trade_core")
    async with AsyncExitStack() as stack:
        found = []
        for name in ("one", "other"):
            db = await Database.connect(url, application_name=name)
            stack.push_async_callback(db.close)
            found.append(Harness(db))
        yield found[0], found[1]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for what a channel is just saying does so for as long as a busy machine needs."""
    for limit in ("INITIATION_LIMIT_S", "CLOSE_LIMIT_S"):
        monkeypatch.setattr(waiting, limit, 60.0)


@pytest.fixture
async def http(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """The service without its loops."""
    app = built()
    app.state.deps = harness.deps
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://trade-core.test/internal",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


@cache
def built() -> FastAPI:
    """Once for all tests; its lifespan is not run, and what differs is in `app.state.deps`."""
    settings = TradeCoreSettings(
        accepted_tokens=(AcceptedToken("gateway", SecretStr("g" * 32)),),
        operator_token=SecretStr(TOKEN),
        allow_operator=True,
        database_url=SecretStr("postgresql://nowhere"),
        kafka_bootstrap="127.0.0.1:1",
        record_keys=SecretStr(RECORD_KEY),
        configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
    )
    return build(settings)
