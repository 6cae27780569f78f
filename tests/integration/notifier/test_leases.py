"""Leases are leases: what the dead had leased comes back, and the late decide nothing."""

import asyncio
from datetime import UTC, datetime

from aiohttp import web
from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.harness import Harness, app, new_delivery, until

from contracts.events.configuration import CallbackAck
from notifier.domain.answers import Answer
from notifier.domain.apps import Destination
from notifier.domain.deliveries import Attempt, Lease
from notifier.flows import attempts
from notifier.store.presence import Presence


def accepted(lease: Lease) -> Attempt:
    destination = Destination("http://app.example/", CallbackAck.ANY_2XX, (b"k",))
    return Attempt(lease, destination, Answer(datetime.now(UTC), status=200))


async def test_leased_is_not_leased_again(harness: Harness) -> None:
    presence = await Presence.enter(harness.db)
    deps = harness.deps(replica=presence.replica)
    events = [new_delivery() for _ in range(3)]
    await harness.add(*events)

    first, second = await attempts.lease(deps, 100), await attempts.lease(deps, 100)

    assert [lease.event_id for lease in first.leases] == [event.event_id for event in events]
    assert second.leases == []
    await presence.leave()


async def test_endpoint_gives_no_more_than_its_cap(harness: Harness) -> None:
    deps = harness.deps(replica=0)
    await harness.add(
        *[new_delivery("A1") for _ in range(20)], *[new_delivery("A2") for _ in range(20)]
    )

    leased = (await attempts.lease(deps, 100)).leases + (await attempts.lease(deps, 100)).leases

    assert sorted(lease.app_id for lease in leased) == ["A1"] * 4 + ["A2"] * 4


async def test_no_more_is_leased_than_there_are_slots(harness: Harness) -> None:
    deps = harness.deps(replica=0)
    await harness.add(*[new_delivery(f"A{number}") for number in range(20)])

    assert len((await attempts.lease(deps, 10)).leases) <= 10
    assert (await attempts.lease(deps, 0)).leases == []


async def test_lease_that_ran_out_comes_back(harness: Harness, server: AppServer) -> None:
    """The host vanished from the network: its session seems to live, but the lease ends."""
    vanished = await Presence.enter(harness.db)
    harness.lease_s = 0.2
    event = new_delivery()
    await harness.add(event)
    lost = await attempts.lease(harness.deps(replica=vanished.replica), 100)
    harness.lease_s = 60

    async with harness.running():
        await harness.settled(event)

    assert [lease.event_id for lease in lost.leases] == [event.event_id]
    assert len(server.received) == 1
    await vanished.leave()


async def test_leases_of_a_dead_replica_come_back_at_once(
    harness: Harness, server: AppServer
) -> None:
    dying = await Presence.enter(harness.db)
    event = new_delivery()
    await harness.add(event)
    await attempts.lease(harness.deps(replica=dying.replica), 100)
    await dying.leave()

    async with harness.running():
        await harness.settled(event)

    assert await harness.value("select in_flight from lane") == 0


async def test_leases_of_the_living_stay_theirs(harness: Harness, server: AppServer) -> None:
    living = await Presence.enter(harness.db)
    event, marker = new_delivery(), new_delivery()
    await harness.add(event)
    await attempts.lease(harness.deps(replica=living.replica), 100)

    async with harness.running():
        await harness.add(marker)
        await harness.settled(marker)
        await attempts.take_back(harness.deps(replica=living.replica))

    assert await harness.state(event) == "pending"
    assert await harness.value("select replica from due") == living.replica
    await living.leave()


async def test_presence_outlives_its_connection(harness: Harness) -> None:
    presence = await Presence.enter(harness.db)
    event = new_delivery()
    await harness.add(event)
    await attempts.lease(harness.deps(replica=presence.replica), 100)
    await harness.value(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
        "tests:presence",
    )

    async def is_present_again() -> bool:
        await presence.hold()
        return bool(await harness.value("select true from pg_locks where locktype = 'advisory'"))

    await until(is_present_again)
    await attempts.take_back(harness.deps(replica=0))

    assert await harness.value("select replica from due") == presence.replica
    await presence.leave()


async def test_result_of_a_lost_lease_is_logged_and_changes_nothing(harness: Harness) -> None:
    gone, living = await Presence.enter(harness.db), await Presence.enter(harness.db)
    event = new_delivery()
    await harness.add(event)
    late = await attempts.lease(harness.deps(replica=gone.replica), 100)
    await gone.leave()
    await attempts.take_back(harness.deps(replica=living.replica))
    again = await attempts.lease(harness.deps(replica=living.replica), 100)

    await attempts.finish(harness.deps(replica=gone.replica), [accepted(late.leases[0])])

    assert await harness.state(event) == "pending"
    assert await harness.value("select in_flight from lane") == 1
    assert len(await harness.attempts(event)) == 1
    assert await harness.value("select count(*) from event_log") == 0

    await attempts.finish(harness.deps(replica=living.replica), [accepted(again.leases[0])])

    assert await harness.state(event) == "delivered"
    assert await harness.value("select in_flight from lane") == 0
    await living.leave()


async def test_result_of_our_own_earlier_lease_changes_nothing(harness: Harness) -> None:
    """So slow that its lease ran out, and this very replica has leased the delivery again."""
    living = await Presence.enter(harness.db)
    deps = harness.deps(replica=living.replica)
    event = new_delivery()
    await harness.add(event)
    late = await attempts.lease(deps, 100)
    await harness.value("update due set lease_until = now() - interval '1 s' returning 1")
    await attempts.take_back(deps)
    await attempts.lease(deps, 100)

    await attempts.finish(deps, [accepted(late.leases[0])])

    assert await harness.state(event) == "pending"
    assert await harness.value("select in_flight from lane") == 1
    await living.leave()


async def test_result_that_is_stored_twice_counts_once(harness: Harness) -> None:
    """The answer to a COMMIT got lost, and the batch is stored again."""
    deps = harness.deps(replica=0)
    event = new_delivery()
    await harness.add(event)
    leased = await attempts.lease(deps, 100)
    result = accepted(leased.leases[0])

    await attempts.finish(deps, [result])
    await attempts.finish(deps, [result])

    assert len(await harness.attempts(event)) == 1
    assert await harness.value("select in_flight from lane") == 0
    assert await harness.value("select count(*) from event_log") == 1


async def test_what_is_in_flight_is_finished_before_the_stop(
    harness: Harness, server: AppServer
) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2))
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await server.next()  # it has arrived; the answer is on its way

    assert await harness.state(event) == "delivered"


async def test_database_that_is_gone_for_a_moment_loses_no_result(
    harness: Harness, server: AppServer
) -> None:
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    server.answers["/callback"] = hang
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await server.next()
        await harness.value(
            """select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()"""
        )
        await until(harness.db.is_up)
        release.set()
        await harness.settled(event)

    assert len(server.received) == 1
    assert await harness.value("select in_flight from lane") == 0
