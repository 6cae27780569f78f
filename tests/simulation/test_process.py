"""The processes of the simulation."""

from tests.simulation.process import task_factory
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
