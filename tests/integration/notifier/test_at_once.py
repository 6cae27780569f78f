"""What has just arrived is leased by the statement that stores it, where it would be next."""

import asyncio
import socket
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest
from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.harness import Harness, new_delivery, until

from notifier.domain.deliveries import Lease, NewDelivery
from notifier.domain.endpoints import START_CAP
from notifier.flows import attempts, deliveries
from notifier.flows.deps import Deps
from notifier.sending.resolver import Found, Resolver
from notifier.sending.sender import Sender


def sending(harness: Harness, slots: int = 100) -> tuple[Deps, list[Lease]]:
    """A replica with free slots that keeps what it would send."""
    deps, sent = harness.deps(replica=7), list[Lease]()
    deps.slots.open(slots, sent.append)
    return deps, sent


async def leased(harness: Harness) -> int:
    return int(await harness.value("select count(*) from due where replica = 7"))


async def test_new_delivery_is_leased_as_it_is_stored(harness: Harness) -> None:
    deps, sent = sending(harness)
    event = new_delivery()

    await deliveries.add(deps, [event])

    (lease,) = sent
    assert (lease.event_id, lease.body, lease.tries, lease.is_first) == (
        event.event_id, event.body, 0, True,
    )  # fmt: skip
    assert lease.delivery_id == await harness.value("select delivery_id from due where replica = 7")
    assert lease.lease_until == await harness.value("select lease_until from due")
    assert await harness.value("select in_flight from lane") == 1
    assert await harness.value("select fresh_at is null from lane")
    assert not deps.wake_up.is_set()
    assert deps.slots.in_flight == 1


async def test_no_more_than_the_endpoint_has_room_for(harness: Harness) -> None:
    deps, sent = sending(harness)
    events = [new_delivery() for _ in range(START_CAP + 3)]

    await deliveries.add(deps, events)

    assert [lease.event_id for lease in sent] == [one.event_id for one in events[:START_CAP]]
    assert await harness.value("select in_flight from lane") == START_CAP
    assert await harness.value("select fresh_at <= now() from lane")
    assert deps.wake_up.is_set()
    assert deps.slots.in_flight == START_CAP


async def test_no_more_than_there_are_slots_leaving_some_for_retries(harness: Harness) -> None:
    deps, sent = sending(harness, slots=5)

    await deliveries.add(deps, [new_delivery(f"A{number}") for number in range(20)])

    assert len(sent) == 4
    assert await leased(harness) == 4
    assert deps.slots.free == 1


async def test_one_app_leaves_as_many_slots_as_it_holds_to_the_others(harness: Harness) -> None:
    """However many addresses it gives with its calls, all of which may hang."""
    deps, sent = sending(harness)
    for _ in range(3):
        await deliveries.add(deps, _to_many_hosts("A1", 60))
    held = len(sent)
    assert 30 <= held <= 50

    event = new_delivery("A2")
    await deliveries.add(deps, [event])

    assert [lease.event_id for lease in sent[held:]] == [event.event_id]


async def test_an_app_that_has_some_in_flight_gets_more_at_once(harness: Harness) -> None:
    deps, sent = sending(harness)
    for count in range(1, START_CAP + 1):
        await deliveries.add(deps, [new_delivery()])
        assert len(sent) == count
    assert not deps.wake_up.is_set()


async def test_backlog_of_one_app_is_not_in_front_of_the_others(harness: Harness) -> None:
    deps, _ = sending(harness)
    await deliveries.add(deps, _to_many_hosts("A1", 300))
    await harness.add(new_delivery("A2"))

    apps = Counter[str]()
    for _ in range(10):
        taken = deps.slots.take(deps.slots.free)
        leased = await attempts.lease(deps, taken)
        deps.slots.fill(taken, leased.leases)
        apps.update(lease.app_id for lease in leased.leases)
        if not leased.has_more:
            break

    assert not leased.has_more
    assert apps["A2"] == 1
    assert deps.slots.held["A1"] <= 50 <= deps.slots.free
    assert deps.slots.held_back == {"A1"}


async def test_what_waited_for_a_slot_of_its_app_is_sent_when_there_is_one(
    harness: Harness, server: AppServer
) -> None:
    harness.sender = lambda guard, limits: Sender(guard, limits, resolver=lambda: Resolver(_here))
    events = [
        new_delivery(notify_url=f"http://h{n}.example:{server.port}/callback") for n in range(400)
    ]

    async with harness.running() as deps:

        async def is_sending() -> bool:
            return deps.slots.free > 0

        await until(is_sending)
        await deliveries.add(deps, events)
        await harness.settled(*events)

    assert deps.slots.in_flight == 0
    assert not deps.slots.held


def _here(host: str, family: socket.AddressFamily) -> Found:
    return [(socket.AF_INET, "127.0.0.1")]


def _to_many_hosts(app_id: str, count: int) -> list[NewDelivery]:
    return [
        new_delivery(app_id, notify_url=f"http://h{uuid4().hex}.example:8080/")
        for _ in range(count)
    ]


async def test_what_waits_goes_first(harness: Harness) -> None:
    await harness.add(new_delivery())
    deps, sent = sending(harness)

    await deliveries.add(deps, [new_delivery()])

    assert sent == []
    assert await leased(harness) == 0


async def test_held_endpoint_is_left_alone(harness: Harness) -> None:
    deps, sent = sending(harness)
    await deliveries.add(deps, [new_delivery()])
    await harness.value("update lane set held_until = now() + interval '1 min' returning 1")

    await deliveries.add(deps, [new_delivery()])

    assert len(sent) == 1
    assert await harness.value("select fresh_at = held_until from lane")


async def test_endpoint_that_keeps_order_is_left_to_the_loop(harness: Harness) -> None:
    deps, sent = sending(harness)
    await deliveries.add(deps, [new_delivery(order_key="O1")])
    await harness.value("update lane set ordered = true, fresh_at = null returning 1")

    await deliveries.add(deps, [new_delivery(order_key="O2")])

    assert len(sent) == 1
    assert await harness.value("select order_key from due where lease_until is null") == "O2"


async def test_event_that_is_known_takes_no_slot(harness: Harness) -> None:
    deps, sent = sending(harness)
    event = new_delivery()

    await deliveries.add(deps, [event, event])
    await deliveries.add(deps, [event])

    assert len(sent) == 1
    assert deps.slots.in_flight == 1
    assert await harness.value("select in_flight from lane") == 1


async def test_slots_come_back_when_nothing_could_be_stored(harness: Harness) -> None:
    deps, sent = sending(harness)
    broken = new_delivery(body=b"", type="a\x00b")

    with pytest.raises(asyncpg.UntranslatableCharacterError):
        await deliveries.add(deps, [broken])

    assert sent == []
    assert deps.slots.in_flight == 0


async def test_many_that_come_at_once_all_arrive_once(harness: Harness, server: AppServer) -> None:
    """Two that tell, the loop that leases and results that are stored meet in the same endpoint."""
    batches = [[new_delivery() for _ in range(5)] for _ in range(60)]

    async with harness.running() as deps:

        async def is_sending() -> bool:
            return deps.slots.free > 0

        await until(is_sending)
        await asyncio.gather(_tell(deps, batches[::2]), _tell(deps, batches[1::2]))
        await harness.settled(*(event for batch in batches for event in batch))

    assert len(server.received) == 300
    assert len({one.event_id for one in server.received}) == 300
    assert await harness.value("select sum(in_flight) from lane") == 0
    assert await harness.value("select count(*) from due") == 0


async def _tell(deps: Deps, batches: list[list[NewDelivery]]) -> None:
    for batch in batches:
        await deliveries.add(deps, batch)
