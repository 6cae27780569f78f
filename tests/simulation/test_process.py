"""The processes of the simulation."""

import asyncio

from tests.simulation.process import stop_all, task_factory
from tests.simulation.virtual_time import VirtualLoop


def test_sets_of_tasks_have_the_order_in_which_they_were_made() -> None:
    loop = VirtualLoop()
    loop.set_task_factory(task_factory())

    async def rest() -> None:
        pass

    async def make() -> None:
        tasks = [loop.create_task(rest()) for _ in range(20)]
        assert list(set(tasks)) == tasks

    loop.run_until_complete(make())
    loop.close()


def test_all_are_stopped_in_the_order_in_which_they_were_made() -> None:
    """Also where most have ended before, so that the numbers of the others are far apart."""
    loop = VirtualLoop()
    loop.set_task_factory(task_factory())
    stopped: list[int] = []

    async def live(number: int) -> None:
        try:
            await asyncio.sleep(0 if number % 29 else 3600)
        except asyncio.CancelledError:
            stopped.append(number)

    async def make() -> None:
        for number in range(1, 2000):
            loop.create_task(live(number))
        await asyncio.sleep(1)

    loop.run_until_complete(make())
    stop_all(loop)
    loop.close()
    assert len(stopped) > 60
    assert stopped == sorted(stopped)
