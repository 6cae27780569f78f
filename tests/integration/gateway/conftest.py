"""One gateway for all tests of a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.integration.gateway.harness import Harness, running_harness

from paymesh_local.client import ApiClient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(
    kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Harness]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    async with running_harness(kafka_bootstrap, folder) as harness:
        yield harness


@pytest_asyncio.fixture(loop_scope="module")
async def api(harness: Harness) -> AsyncIterator[ApiClient]:
    """The registered app; faults of the sandbox end with the test."""
    async with harness.api() as api:
        yield api
    await harness.sandbox.delete("/_control/faults")
