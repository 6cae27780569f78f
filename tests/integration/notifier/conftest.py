"""A notifier with a database of its own, and an app's server to call."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from tests.integration.notifier.app_server import AppServer, running_app_server
from tests.integration.notifier.harness import Harness, app

from chassis.database import Database
from chassis.settings import OPERATOR, AcceptedToken
from chassis.web import create_app
from notifier import api


@pytest.fixture
async def harness(make_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Harness]:
    url = await make_database("notifier")
    db = await Database.connect(url, application_name="tests", min_size=1)
    yield Harness(db)
    await db.close()


@pytest.fixture
async def server(harness: Harness) -> AsyncIterator[AppServer]:
    """The server of the app `A1`, whose own address is its path `/callback`."""
    async with running_app_server() as server:
        harness.apps.put(app("A1", f"{server.url}/callback"))
        yield server


TOKEN = "the-operators-token-of-these-tests"


@pytest.fixture
async def http(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(harness) as client:
        yield client


@asynccontextmanager
async def client_of(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    application = built()
    application.state.deps = harness.deps(replica=0)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://notifier",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


@cache
def built() -> FastAPI:
    """Once for all tests; what differs is in `app.state.deps`."""

    @asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    application = create_app(
        service="notifier",
        lifespan=nothing,
        accepted=[AcceptedToken(OPERATOR, SecretStr(TOKEN))],
    )
    application.include_router(api.router())
    return application
