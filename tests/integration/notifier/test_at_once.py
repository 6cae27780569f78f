"""What has just arrived is claimed by the statement that stores it, where it would be next."""

import asyncio

import asyncpg
import pytest
from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.desk import Desk, told, until

from notifier.domain.deliveries import Claim, Told
from notifier.domain.lanes import START_CAP
from notifier.flows import deliveries
from notifier.flows.deps import Deps


def sending(desk: Desk, slots: int = 100) -> tuple[Deps, list[Claim]]:
    """A replica with free slots that keeps what it would send."""
    deps, sent = desk.deps(replica=7), list[Claim]()
    deps.slots.open(slots, sent.append)
    return deps, sent


async def claimed(desk: Desk) -> int:
    return int(await desk.value("select count(*) from due where replica = 7"))


async def test_new_delivery_is_claimed_as_it_is_stored(desk: Desk) -> None:
    deps, sent = sending(desk)
    event = told()

    await deliveries.tell(deps, [event])

    (claim,) = sent
    assert (claim.event_id, claim.body, claim.tries, claim.is_first) == (
        event.event_id, event.body, 0, True,
    )  # fmt: skip
    assert claim.delivery_id == await desk.value("select delivery_id from due where replica = 7")
    assert claim.lease_until == await desk.value("select lease_until from due")
    assert await desk.value("select in_flight from lane") == 1
    assert await desk.value("select fresh_at is null from lane")
    assert not deps.due.is_set()
    assert deps.slots.in_flight == 1


async def test_no_more_than_the_lane_has_room_for(desk: Desk) -> None:
    deps, sent = sending(desk)
    events = [told() for _ in range(START_CAP + 3)]

    await deliveries.tell(deps, events)

    assert [claim.event_id for claim in sent] == [one.event_id for one in events[:START_CAP]]
    assert await desk.value("select in_flight from lane") == START_CAP
    assert await desk.value("select fresh_at <= now() from lane")
    assert deps.due.is_set()
    assert deps.slots.in_flight == START_CAP


async def test_no_more_than_there_are_slots_leaving_some_for_retries(desk: Desk) -> None:
    deps, sent = sending(desk, slots=5)

    await deliveries.tell(deps, [told(f"A{number}") for number in range(20)])

    assert len(sent) == 4
    assert await claimed(desk) == 4
    assert deps.slots.free == 1


async def test_what_waits_goes_first(desk: Desk) -> None:
    await desk.tell(told())
    deps, sent = sending(desk)

    await deliveries.tell(deps, [told()])

    assert sent == []
    assert await claimed(desk) == 0


async def test_held_lane_is_left_alone(desk: Desk) -> None:
    deps, sent = sending(desk)
    await deliveries.tell(deps, [told()])
    await desk.value("update lane set held_until = now() + interval '1 min' returning 1")

    await deliveries.tell(deps, [told()])

    assert len(sent) == 1
    assert await desk.value("select fresh_at = held_until from lane")


async def test_lane_that_keeps_order_is_left_to_the_loop(desk: Desk) -> None:
    deps, sent = sending(desk)
    await deliveries.tell(deps, [told(order_key="O1")])
    await desk.value("update lane set ordered = true, fresh_at = null returning 1")

    await deliveries.tell(deps, [told(order_key="O2")])

    assert len(sent) == 1
    assert await desk.value("select order_key from due where lease_until is null") == "O2"


async def test_event_that_is_known_takes_no_slot(desk: Desk) -> None:
    deps, sent = sending(desk)
    event = told()

    await deliveries.tell(deps, [event, event])
    await deliveries.tell(deps, [event])

    assert len(sent) == 1
    assert deps.slots.in_flight == 1
    assert await desk.value("select in_flight from lane") == 1


async def test_slots_come_back_when_nothing_could_be_stored(desk: Desk) -> None:
    deps, sent = sending(desk)
    broken = told(body=b"", type="a\x00b")

    with pytest.raises(asyncpg.UntranslatableCharacterError):
        await deliveries.tell(deps, [broken])

    assert sent == []
    assert deps.slots.in_flight == 0


async def test_many_that_come_at_once_all_arrive_once(desk: Desk, server: AppServer) -> None:
    """Two that tell, the loop that claims and results that are stored meet in the same lane."""
    batches = [[told() for _ in range(5)] for _ in range(60)]

    async with desk.running() as deps:

        async def is_sending() -> bool:
            return deps.slots.free > 0

        await until(is_sending)
        await asyncio.gather(_tell(deps, batches[::2]), _tell(deps, batches[1::2]))
        await desk.settled(*(event for batch in batches for event in batch))

    assert len(server.received) == 300
    assert len({one.event_id for one in server.received}) == 300
    assert await desk.value("select sum(in_flight) from lane") == 0
    assert await desk.value("select count(*) from due") == 0


async def _tell(deps: Deps, batches: list[list[Told]]) -> None:
    for batch in batches:
        await deliveries.tell(deps, batch)
