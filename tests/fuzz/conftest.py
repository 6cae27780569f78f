"""A `make run` that nobody else uses: what is sent here may change or end everything in it."""

from collections.abc import AsyncIterator
from functools import partial

import pytest_asyncio
from tests.e2e.conftest import another_broker, embedded_broker_of
from tests.e2e.running import EmbeddedBrokerStack, RunningStack, make_run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[RunningStack]:
    async with make_run({}) as (folder, pid):
        yield EmbeddedBrokerStack(folder, embedded_broker_of(pid), partial(another_broker, pid))
