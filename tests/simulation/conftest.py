"""A database for the simulated worlds of one test, one world after the other."""

from collections.abc import Awaitable, Callable, Iterator

import pytest
from tests.simulation.postgres import Server


@pytest.fixture
async def database_url(make_database: Callable[[str], Awaitable[str]]) -> str:
    return await make_database("trade_core")


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    with Server(database_url) as server:
        yield server
