"""What all services stand on goes away in the middle of the business, and comes back."""

import asyncio
import random
from typing import Any

import asyncpg
import pytest
from tests.e2e import all_books
from tests.e2e.channels import SOON_ABSENT
from tests.e2e.harness import Harness
from tests.e2e.load import sell_while
from tests.e2e.running import RunningStack, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORDERS = 24
PER_S, AWAY_S = 10, 12


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


async def test_selling_goes_on_while_the_broker_is_away(
    stack: RunningStack, harness: Harness
) -> None:
    """Ten requests a second for twelve seconds: created at once, paid, in the books, told once the
    broker is back; and people hear meanwhile that it is away."""
    bodies = [harness.request(SOON_ABSENT[number % 2]) for number in range(AWAY_S * PER_S)]

    async def sold(number: int, body: dict[str, Any]) -> tuple[int, str]:
        await asyncio.sleep(number / PER_S)
        answer = await harness.ask(body)
        content = answer.json()
        payment_no: str = content.get("payment", content)["payment_no"]
        if answer.status_code == 201:
            await harness.pays(payment_no)
        return answer.status_code, payment_no

    async with stack.broker_held_still():
        answers = await asyncio.gather(*(sold(*each) for each in enumerate(bodies)))
        await eventually(lambda: alerted_of_silence(stack))
        stack.kill("gateway")  # It starts from the configuration that it has kept.
        await stack.is_back("gateway")
        status, _ = await sold(0, late := harness.request())
        assert status == 201
        bodies.append(late)

    created = [number for status, number in answers if status == 201]
    assert len(created) >= 0.99 * len(bodies)
    orders = await asyncio.gather(*(all_books.agree(harness, b, within_s=60) for b in bodies))
    assert [order["status"] for order in orders].count("paid") >= len(created)
    assert all(len(order["payments"]) == 1 for order in orders)


async def alerted_of_silence(stack: RunningStack) -> bool:
    connection = await asyncpg.connect(stack.demo["database_urls"]["notifier"])
    try:
        keys = await connection.fetch(
            "select key from trouble where key like 'kafka.silent:%'"
            " and last_at > now() - interval '1 min'"
        )
    finally:
        await connection.close()
    return "kafka.silent:trade-core" in {row["key"] for row in keys}
