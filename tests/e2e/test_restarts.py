"""What all services stand on goes away in the middle of the business, and comes back."""

import random

import pytest
from tests.e2e.harness import Harness
from tests.e2e.load import sell_while
from tests.e2e.running import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORDERS = 24


async def test_the_database_killed_under_load_loses_nothing(
    stack: RunningStack, harness: Harness
) -> None:
    orders = await sell_while(harness, stack.database_restarts, orders=ORDERS)
    assert [order["status"] for order in orders].count("paid") >= ORDERS // 2


async def test_the_broker_killed_under_load_loses_nothing(
    stack: RunningStack, harness: Harness
) -> None:
    orders = await sell_while(harness, stack.broker_restarts, orders=ORDERS)
    assert [order["status"] for order in orders].count("paid") >= ORDERS // 2


@pytest.mark.parametrize("seed", [1, 2])
async def test_services_killed_at_random_under_load_keep_all_books_alike(
    stack: RunningStack, harness: Harness, seed: int
) -> None:
    dice = random.Random(seed)

    async def some_die() -> None:
        for name in dice.sample(["gateway", "trade-core", "notifier"], 3):
            stack.kill(name)
            if dice.random() < 0.5:
                await stack.is_back(name)
        await stack.all_ready()

    orders = await sell_while(harness, some_die, orders=ORDERS)
    assert [order["status"] for order in orders].count("paid") >= ORDERS // 2
