"""A trade-core with a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.integration.trade_core.desk import Desk

from chassis.database import Database


@pytest.fixture
async def desk(make_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Desk]:
    db = await Database.connect(await make_database("trade_core"), application_name="tests")
    yield Desk(db)
    await db.close()
