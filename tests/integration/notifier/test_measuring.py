"""The gauges tell how the queue is."""

from tests.integration.notifier.harness import Harness, new_delivery

from notifier.store import gauges
from notifier.store.gauges import Figures


async def figures(harness: Harness) -> Figures:
    async with harness.db.connection() as tx:
        return await gauges.read(tx)


async def test_empty_queue_is_all_zero(harness: Harness) -> None:
    assert await figures(harness) == Figures(0.0, 0, 0, 0, 0)


async def test_what_waits_is_as_old_as_its_oldest(harness: Harness) -> None:
    await harness.add(new_delivery("A1"), new_delivery("A2"))
    await harness.value(
        "update lane set fresh_at = now() - interval '70 s' where app_id = 'A2' returning 1"
    )

    assert 70 <= (await figures(harness)).due_oldest_s < 1000


async def test_what_is_due_later_is_not_old(harness: Harness) -> None:
    await harness.add(new_delivery())
    await harness.value("update lane set fresh_at = now() + interval '1 h' returning 1")

    assert (await figures(harness)).due_oldest_s == 0


async def test_those_wait_whose_endpoints_are_open_or_suspended(harness: Harness) -> None:
    await harness.add(
        *[new_delivery("A1") for _ in range(3)],
        *[new_delivery("A2") for _ in range(4)],
        new_delivery("A3"),
    )
    await harness.value("update lane set trips = 2 where app_id = 'A1' returning 1")
    await harness.value(
        """update lane set suspended_at = now(), suspended_for = 'gone'
           where app_id = 'A2' returning 1"""
    )

    seen = await figures(harness)

    assert (seen.endpoints_open, seen.endpoints_suspended, seen.waiting) == (1, 1, 7)


async def test_exhausted_are_counted(harness: Harness) -> None:
    await harness.add(new_delivery(), new_delivery())
    await harness.value(
        "insert into exhausted select delivery_id, day, app_id from delivery returning 1"
    )

    assert (await figures(harness)).exhausted == 2
