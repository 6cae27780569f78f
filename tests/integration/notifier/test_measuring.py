"""The gauges tell how the queue is."""

from tests.integration.notifier.desk import Desk, told

from notifier.store import gauges
from notifier.store.gauges import Figures


async def figures(desk: Desk) -> Figures:
    async with desk.db.connection() as tx:
        return await gauges.read(tx)


async def test_empty_queue_is_all_zero(desk: Desk) -> None:
    assert await figures(desk) == Figures(0.0, 0, 0, 0, 0)


async def test_what_waits_is_as_old_as_its_oldest(desk: Desk) -> None:
    await desk.tell(told("A1"), told("A2"))
    await desk.value(
        "update lane set fresh_at = now() - interval '70 s' where app_id = 'A2' returning 1"
    )

    assert 70 <= (await figures(desk)).due_oldest_s < 1000


async def test_what_is_due_later_is_not_old(desk: Desk) -> None:
    await desk.tell(told())
    await desk.value("update lane set fresh_at = now() + interval '1 h' returning 1")

    assert (await figures(desk)).due_oldest_s == 0


async def test_parked_are_those_of_lanes_that_are_open_or_suspended(desk: Desk) -> None:
    await desk.tell(*[told("A1") for _ in range(3)], *[told("A2") for _ in range(4)], told("A3"))
    await desk.value("update lane set trips = 2 where app_id = 'A1' returning 1")
    await desk.value(
        """update lane set suspended_at = now(), suspended_for = 'gone'
           where app_id = 'A2' returning 1"""
    )

    seen = await figures(desk)

    assert (seen.lanes_open, seen.lanes_suspended, seen.parked) == (1, 1, 7)


async def test_exhausted_are_counted(desk: Desk) -> None:
    await desk.tell(told(), told())
    await desk.value(
        "insert into exhausted select delivery_id, day, app_id from delivery returning 1"
    )

    assert (await figures(desk)).exhausted == 2
