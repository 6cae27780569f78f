"""Apps on different terms, each registered once by a person, as in life."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.e2e.admin_person import Person
from tests.e2e.harness import Harness
from tests.e2e.running import RunningStack

from paymesh_local.client import AppCredentials


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hasty_app(stack: RunningStack) -> AppCredentials:
    return await _app(stack, "accept")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def strict_app(stack: RunningStack) -> AppCredentials:
    return await _app(stack, "refund")


@pytest_asyncio.fixture(loop_scope="session")
async def hasty_harness(stack: RunningStack, hasty_app: AppCredentials) -> AsyncIterator[Harness]:
    """An app that may initiate an order again after one second."""
    async with Harness.open(stack, hasty_app) as harness:
        yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def strict_harness(stack: RunningStack, strict_app: AppCredentials) -> AsyncIterator[Harness]:
    """The same, but money that comes after the end goes back."""
    async with Harness.open(stack, strict_app) as harness:
        yield harness


async def _app(stack: RunningStack, late_payment: str) -> AppCredentials:
    async with Person.signed_in(stack) as person:
        return await person.app(reinitiate_after_s=1, late_payment=late_payment)
