"""From what goes wrong to the group chat (钉钉群), all the way: once, and soon."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest
from tests.e2e.harness import Harness
from tests.e2e.running import RunningStack, eventually
from tests.integration.notifier.messenger_servers import Robot

from contracts.alert_titles import chinese

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 8
SPOILED = "此单出错"
Record = Callable[[str, object], None]


async def test_people_hear_of_errors_and_crashes_once_however_many(
    stack: RunningStack, harness: Harness, robot: Robot, record_property: Record
) -> None:
    """A second burst of errors is counted with the first: the message about the crash, which
    comes later, brings none of it."""
    errors, crashes = "service.errors:trade-core", "loop.crashed:trade-core"
    await forgotten(stack, robot, errors, crashes)
    payment = await harness.created(harness.request())
    async with spoiled(stack, "INSERT ON payment_links", f"new.subject = '{SPOILED}'"):
        began = time.monotonic()
        await asyncio.gather(*(fails(harness) for _ in range(AT_ONCE)))
        await says(robot, errors)
        record_property("an error was told after", f"{time.monotonic() - began:.1f} s")
        await asyncio.gather(*(fails(harness) for _ in range(AT_ONCE)))
    number = payment["payment_no"]
    async with spoiled(stack, "UPDATE OF attempt ON due_work", f"new.subject = '{number}'"):
        began = time.monotonic()
        await harness.time_comes(number)
        await says(robot, crashes)
        record_property("a crash was told after", f"{time.monotonic() - began:.1f} s")
    assert len(about(robot, errors)) == len(about(robot, crashes)) == 1
    assert re.search(r"^[1-8] within a minute in trade-core,", about(robot, errors)[0], re.M)
    assert re.search(
        r"^[1-9] crashes within a minute in trade-core: due\b", about(robot, crashes)[0], re.M
    )


async def test_people_hear_of_a_dead_service_once(
    stack: RunningStack, robot: Robot, record_property: Record
) -> None:
    away = "service.away:cashier"
    await forgotten(stack, robot, away)
    with held_still(stack.demo["pids"]["cashier"]):
        began = time.monotonic()
        await says(robot, away)
        record_property("a dead service was told after", f"{time.monotonic() - began:.1f} s")
    await stack.all_ready()
    assert len(about(robot, away)) == 1


def about(robot: Robot, key: str) -> list[str]:
    """The paragraphs about this; a message may be about several things."""
    title = chinese(key)
    assert title
    service = f"service: {key.partition(':')[2]}"
    messages: list[str] = [body["markdown"]["text"] for body in robot.taken]
    paragraphs = [each for message in messages for each in message.split("\n\n")]
    return [each for each in paragraphs if title in each and service in each]


async def says(robot: Robot, key: str) -> None:
    async def has_arrived() -> bool:
        return bool(about(robot, key))

    await eventually(has_arrived)


async def fails(harness: Harness) -> None:
    merchant_id = harness.stack.demo["merchant_id"]
    request = {"merchant_id": merchant_id, "amount": 1, "subject": SPOILED, "uses": 1}
    answer = await harness.api.post("/v1/payment-links", request)
    assert answer.status_code == 500, answer.text


@asynccontextmanager
async def spoiled(stack: RunningStack, statement: str, when: str) -> AsyncIterator[None]:
    """Meanwhile these rows end as nobody expects."""
    urls = stack.demo["database_urls"]
    table = statement.rpartition(" ")[2]
    await executed(urls["trade_core"], _FUNCTION)
    made = f"CREATE TRIGGER spoiled BEFORE {statement} FOR EACH ROW WHEN ({when})"
    await executed(urls["trade_core"], f"{made} EXECUTE FUNCTION spoil()")
    try:
        yield
    finally:
        await executed(urls["trade_core"], f"DROP TRIGGER spoiled ON {table}")


async def forgotten(stack: RunningStack, robot: Robot, *keys: str) -> None:
    """What other tests have caused: a trouble that goes on is not told anew for minutes, and what
    was told of it is not about this test."""
    query = "DELETE FROM trouble WHERE key = ANY ($1::text[])"
    await executed(stack.demo["database_urls"]["notifier"], query, list(keys))
    robot.taken.clear()


async def executed(url: str, query: str, *args: Any) -> None:
    database = await asyncpg.connect(url)
    try:
        await database.execute(query, *args)
    finally:
        await database.close()


@contextmanager
def held_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


_FUNCTION = """
CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$
"""
