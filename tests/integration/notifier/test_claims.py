"""Claims are leases: what the dead had claimed comes back, and the late decide nothing."""

import asyncio
from datetime import UTC, datetime

from aiohttp import web
from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.desk import Desk, app, told, until

from contracts.events.configuration import CallbackAck
from notifier.domain.answers import Answer
from notifier.domain.apps import Destination
from notifier.domain.deliveries import Claim, Tried
from notifier.flows import tries
from notifier.store.presence import Presence


def accepted(claim: Claim) -> Tried:
    destination = Destination("http://app.example/", CallbackAck.ANY_2XX, (b"k",))
    return Tried(claim, destination, Answer(datetime.now(UTC), status=200))


async def test_claimed_is_not_claimed_again(desk: Desk) -> None:
    presence = await Presence.enter(desk.db)
    deps = desk.deps(replica=presence.replica)
    events = [told() for _ in range(3)]
    await desk.tell(*events)

    first, second = await tries.claim(deps, 100), await tries.claim(deps, 100)

    assert [claim.event_id for claim in first.claims] == [event.event_id for event in events]
    assert second.claims == []
    await presence.leave()


async def test_lane_gives_no_more_than_its_cap(desk: Desk) -> None:
    deps = desk.deps(replica=0)
    await desk.tell(*[told("A1") for _ in range(20)], *[told("A2") for _ in range(20)])

    claimed = (await tries.claim(deps, 100)).claims + (await tries.claim(deps, 100)).claims

    assert sorted(claim.app_id for claim in claimed) == ["A1"] * 4 + ["A2"] * 4


async def test_no_more_is_claimed_than_there_are_slots(desk: Desk) -> None:
    deps = desk.deps(replica=0)
    await desk.tell(*[told(f"A{number}") for number in range(20)])

    assert len((await tries.claim(deps, 10)).claims) <= 10
    assert (await tries.claim(deps, 0)).claims == []


async def test_lease_that_ran_out_comes_back(desk: Desk, server: AppServer) -> None:
    """The host vanished from the network: its session seems to live, but the lease ends."""
    vanished = await Presence.enter(desk.db)
    desk.lease_s = 0.2
    event = told()
    await desk.tell(event)
    lost = await tries.claim(desk.deps(replica=vanished.replica), 100)
    desk.lease_s = 60

    async with desk.running():
        await desk.settled(event)

    assert [claim.event_id for claim in lost.claims] == [event.event_id]
    assert len(server.received) == 1
    await vanished.leave()


async def test_claims_of_a_dead_replica_come_back_at_once(desk: Desk, server: AppServer) -> None:
    dying = await Presence.enter(desk.db)
    event = told()
    await desk.tell(event)
    await tries.claim(desk.deps(replica=dying.replica), 100)
    await dying.leave()

    async with desk.running():
        await desk.settled(event)

    assert await desk.value("select in_flight from lane") == 0


async def test_claims_of_the_living_stay_theirs(desk: Desk, server: AppServer) -> None:
    living = await Presence.enter(desk.db)
    event, marker = told(), told()
    await desk.tell(event)
    await tries.claim(desk.deps(replica=living.replica), 100)

    async with desk.running():
        await desk.tell(marker)
        await desk.settled(marker)
        await tries.take_back(desk.deps(replica=living.replica))

    assert await desk.state(event) == "pending"
    assert await desk.value("select replica from due") == living.replica
    await living.leave()


async def test_presence_outlives_its_connection(desk: Desk) -> None:
    presence = await Presence.enter(desk.db)
    event = told()
    await desk.tell(event)
    await tries.claim(desk.deps(replica=presence.replica), 100)
    await desk.value(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
        "tests:presence",
    )

    async def is_present_again() -> bool:
        await presence.hold()
        return bool(await desk.value("select true from pg_locks where locktype = 'advisory'"))

    await until(is_present_again)
    await tries.take_back(desk.deps(replica=0))

    assert await desk.value("select replica from due") == presence.replica
    await presence.leave()


async def test_result_of_a_lost_claim_is_logged_and_changes_nothing(desk: Desk) -> None:
    gone, living = await Presence.enter(desk.db), await Presence.enter(desk.db)
    event = told()
    await desk.tell(event)
    late = await tries.claim(desk.deps(replica=gone.replica), 100)
    await gone.leave()
    await tries.take_back(desk.deps(replica=living.replica))
    again = await tries.claim(desk.deps(replica=living.replica), 100)

    await tries.finish(desk.deps(replica=gone.replica), [accepted(late.claims[0])])

    assert await desk.state(event) == "pending"
    assert await desk.value("select in_flight from lane") == 1
    assert len(await desk.attempts(event)) == 1
    assert await desk.value("select count(*) from event_log") == 0

    await tries.finish(desk.deps(replica=living.replica), [accepted(again.claims[0])])

    assert await desk.state(event) == "delivered"
    assert await desk.value("select in_flight from lane") == 0
    await living.leave()


async def test_result_of_our_own_earlier_claim_changes_nothing(desk: Desk) -> None:
    """So slow that its lease ran out, and this very replica has claimed the delivery again."""
    living = await Presence.enter(desk.db)
    deps = desk.deps(replica=living.replica)
    event = told()
    await desk.tell(event)
    late = await tries.claim(deps, 100)
    await desk.value("update due set lease_until = now() - interval '1 s' returning 1")
    await tries.take_back(deps)
    await tries.claim(deps, 100)

    await tries.finish(deps, [accepted(late.claims[0])])

    assert await desk.state(event) == "pending"
    assert await desk.value("select in_flight from lane") == 1
    await living.leave()


async def test_result_that_is_stored_twice_counts_once(desk: Desk) -> None:
    """The answer to a COMMIT got lost, and the batch is stored again."""
    deps = desk.deps(replica=0)
    event = told()
    await desk.tell(event)
    claimed = await tries.claim(deps, 100)
    result = accepted(claimed.claims[0])

    await tries.finish(deps, [result])
    await tries.finish(deps, [result])

    assert len(await desk.attempts(event)) == 1
    assert await desk.value("select in_flight from lane") == 0
    assert await desk.value("select count(*) from event_log") == 1


async def test_what_is_in_flight_is_finished_before_the_stop(desk: Desk, server: AppServer) -> None:
    desk.apps.put(app("A1", f"{server.url}/callback", version=2))
    event = told()
    await desk.tell(event)

    async with desk.running():
        await server.next()  # it has arrived; the answer is on its way

    assert await desk.state(event) == "delivered"


async def test_database_that_is_gone_for_a_moment_loses_no_result(
    desk: Desk, server: AppServer
) -> None:
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    server.answers["/callback"] = hang
    event = told()
    await desk.tell(event)

    async with desk.running():
        await server.next()
        await desk.value(
            """select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()"""
        )
        await until(desk.db.is_up)
        release.set()
        await desk.settled(event)

    assert len(server.received) == 1
    assert await desk.value("select in_flight from lane") == 0
