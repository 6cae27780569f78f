"""The clock of the simulation."""

import asyncio
import time

import pytest
from tests.simulation.virtual_time import NOON, Stuck, VirtualLoop


def test_hours_pass_at_once_and_in_order() -> None:
    loop = VirtualLoop()
    received: list[str] = []

    async def sleeper(hours: int) -> None:
        await asyncio.sleep(hours * 3600)
        received.append(f"{loop.now() - NOON}")

    async def everybody() -> None:
        await asyncio.gather(sleeper(30), sleeper(2))

    began = time.monotonic()
    loop.run_until_complete(everybody())
    loop.close()
    assert received == ["2:00:00", "1 day, 6:00:00"]
    assert time.monotonic() - began < 3600


def test_waiting_for_nobody_is_an_error_and_no_sleep() -> None:
    loop = VirtualLoop()
    with pytest.raises(Stuck):
        loop.run_until_complete(asyncio.Event().wait())
    loop.close()


def test_no_time_passes_while_a_thread_would_work() -> None:
    loop = VirtualLoop()

    async def read() -> float:
        began = loop.time()
        later = asyncio.create_task(asyncio.sleep(3600))
        assert await asyncio.to_thread(sum, (1, 2)) == 3
        with pytest.raises(ValueError, match="invalid literal"):
            await asyncio.to_thread(int, "one")
        later.cancel()
        return loop.time() - began

    assert loop.run_until_complete(read()) == 0
    loop.close()
