"""One gateway for all tests of a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.integration.gateway.stack import Stack, running_stack

from paymesh_local.client import ApiClient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(
    kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    async with running_stack(kafka_bootstrap, folder) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module")
async def api(stack: Stack) -> AsyncIterator[ApiClient]:
    """The registered app; faults of the sandbox end with the test."""
    async with stack.api() as api:
        yield api
    await stack.sandbox.delete("/_control/faults")
