"""A notifier with a database of its own, and an app's server to call."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.integration.notifier.app_server import AppServer, running_app_server
from tests.integration.notifier.harness import Harness, app

from chassis.database import Database


@pytest.fixture
async def harness(make_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Harness]:
    db = await Database.connect(await make_database("notifier"), application_name="tests")
    yield Harness(db)
    await db.close()


@pytest.fixture
async def server(harness: Harness) -> AsyncIterator[AppServer]:
    """The server of the app `A1`, whose own address is its path `/callback`."""
    async with running_app_server() as server:
        harness.apps.put(app("A1", f"{server.url}/callback"))
        yield server
