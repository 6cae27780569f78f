"""One dead address delays nobody else, and is left alone until it may live again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from tests.integration.notifier.app_server import AppServer, says
from tests.integration.notifier.desk import AT_ONCE, PATIENT, Desk, app, told, until

from notifier.domain.lanes import MAX_CAP, START_CAP
from notifier.flows import deliveries, tries
from notifier.flows.deps import Deps
from notifier.sender import Limits


@asynccontextmanager
async def hanging(server: AppServer, path: str) -> AsyncIterator[None]:
    """Callbacks to this path get no answer while the block runs."""
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    server.answers[path] = hang
    yield
    release.set()


async def test_address_that_hangs_does_not_delay_another(desk: Desk, server: AppServer) -> None:
    desk.apps.put(app("A2", f"{server.url}/hangs"))
    dead, healthy = [told("A2") for _ in range(300)], [told("A1") for _ in range(50)]
    await desk.tell(*dead, *healthy)

    desk.limits = Limits(total_s=600)
    async with desk.running(), hanging(server, "/hangs"):
        await desk.settled(*healthy)  # long before the first of the dead has timed out
        assert sum(one.path == "/hangs" for one in server.received) <= START_CAP


async def test_first_tries_go_before_retries(desk: Desk, server: AppServer) -> None:
    old, new = [told() for _ in range(60)], [told() for _ in range(60)]
    await desk.tell(*old)
    await desk.value("update due set fresh = false, tries = 1 returning 1")
    await desk.value("update lane set retry_at = now(), fresh_at = null returning 1")
    await desk.tell(*new)

    async with desk.running():
        await desk.settled(*old, *new)

    ids = [one.event_id for one in server.received]
    assert max(ids.index(event.event_id) for event in new) < len(new) + START_CAP


async def test_breaker_opens_and_no_more_is_tried(desk: Desk, server: AppServer) -> None:
    desk.limits = Limits(total_s=0.1)
    events = [told() for _ in range(40)]
    await desk.tell(*events)

    async with hanging(server, "/callback"), desk.running():
        await _until_held(desk)
        tried = await desk.value("select count(*) from attempt")
        await desk.tell(told())

        assert tried < 5 + START_CAP
        assert await desk.value("select cap from lane") == 1
        assert await desk.value("select fresh_at >= held_until from lane")
        assert await _held_for_s(desk) >= 30

    assert await desk.value("select count(*) from attempt") <= tried + START_CAP


async def test_single_probe_closes_the_breaker_and_the_backlog_follows(
    desk: Desk, server: AppServer
) -> None:
    desk.schedule, desk.limits = AT_ONCE, Limits(total_s=0.1)
    events = [told() for _ in range(40)]
    await desk.tell(*events)
    async with hanging(server, "/callback"), desk.running():
        await _until_held(desk)
    server.answers["/callback"] = says(200)
    server.received.clear()
    await desk.value(
        "update lane set held_until = now(), fresh_at = now(), retry_at = now() returning 1"
    )

    deps = desk.deps(replica=0)
    probe = await tries.claim(deps, 100)
    await desk.value("update due set lease_until = now() where lease_until is not null returning 1")
    desk.limits = PATIENT
    async with desk.running():
        await desk.settled(*events)

    assert len(probe.claims) == 1
    assert 1 < await desk.value("select cap from lane") <= MAX_CAP
    assert await desk.value("select held_until is null and trips = 0 from lane")


async def test_after_the_hold_the_longest_waiting_goes_first(desk: Desk, server: AppServer) -> None:
    """Also what had been tried when the circuit opened: it is the probe, and before what is new."""
    desk.schedule = AT_ONCE
    server.answers["/callback"] = says(500)
    events = [told() for _ in range(40)]
    await desk.tell(*events)
    async with desk.running():
        await _until_held(desk)
    tried_before = await desk.value("select count(distinct delivery_id) from attempt")
    server.answers["/callback"] = says(200)
    await desk.value("update lane set held_until = now(), fresh_at = now() returning 1")

    async with desk.running():
        await desk.settled(*events)

    sql = """select array_agg(event_id order by started_at) from attempt
             join delivery using (delivery_id, day) where status = 200"""
    order, requested = await desk.value(sql), [event.event_id for event in events]
    assert tried_before >= START_CAP
    assert max(abs(order.index(event) - requested.index(event)) for event in requested) <= START_CAP


async def test_failed_probe_holds_longer(desk: Desk, server: AppServer) -> None:
    server.answers["/callback"] = says(500)
    await desk.tell(told())
    await desk.value("update lane set trips = 1, cap = 1, held_until = now() returning 1")

    async with desk.running():
        await _until_held(desk)

    assert await _held_for_s(desk) >= 60


async def test_corrected_address_is_tried_at_once(desk: Desk, server: AppServer) -> None:
    event = told()
    await desk.tell(event)
    await desk.value(
        """update lane set trips = 3, cap = 1, held_until = now() + interval '5 min',
                           fresh_at = now() + interval '5 min' returning 1"""
    )

    async with desk.running():
        desk.apps.put(app("A1", f"{server.url}/moved", version=2))
        assert (await server.next()).path == "/moved"
        await desk.settled(event)


@pytest.mark.parametrize("status", [200, 500])
async def test_ping_is_sent_to_a_held_address_and_ends_the_hold_if_it_is_taken(
    desk: Desk, server: AppServer, status: int
) -> None:
    desk.apps.changed.clear()  # a change of configuration ends the hold too
    server.answers["/callback"] = says(status)
    waiting = told()
    await desk.tell(waiting)
    await desk.value(
        """update lane set trips = 4, cap = 1, held_until = now() + interval '5 min',
                           fresh_at = now() + interval '5 min' returning 1"""
    )

    async with desk.running() as deps:
        await _until_sending(deps)
        await deliveries.ping(deps, "A1")
        ping = await server.next()
        if status == 200:
            await desk.settled(waiting)

    held = "select trips = 4 and held_until > now() and fresh_at = held_until from lane"
    assert json.loads(ping.body)["type"] == "ping"
    assert len(server.received) == (2 if status == 200 else 1)
    assert await desk.value(held) is (status == 500)


async def test_ping_does_not_reach_a_suspended_address(desk: Desk, server: AppServer) -> None:
    desk.apps.changed.clear()  # another address would resume it
    event = told()
    await desk.tell(event)
    await desk.value(
        """update lane set suspended_at = now(), suspended_for = 'gone', cap = 1,
                           held_until = '9999-01-01', fresh_at = '9999-01-01' returning 1"""
    )

    async with desk.running() as deps:
        await _until_sending(deps)
        view = await deliveries.ping(deps, "A1")

    assert (view.state, view.next_attempt_at) == ("pending", None)
    assert server.received == []


async def test_lane_without_work_is_moved_on(desk: Desk, server: AppServer) -> None:
    """Otherwise sixty empty lanes at the front would starve the one behind them."""
    empty = [told(notify_url=f"http://127.0.0.1:{port}/") for port in range(2000, 2060)]
    await desk.tell(*empty)
    await desk.value("with gone as (delete from due returning 1) select count(*) from gone")
    event = told()
    await desk.tell(event)
    await desk.value(
        "update lane set fresh_at = now() + interval '1 s' where origin = '' returning 1"
    )

    async with desk.running():
        await desk.settled(event)

    assert await desk.value("select count(*) from lane where fresh_at is not null") == 0


async def test_what_is_in_flight_is_counted_exactly(desk: Desk, server: AppServer) -> None:
    server.answers["/callback"] = says(500)
    desk.apps.put(app("A2", f"{server.url}/fine"))
    events = [told(f"A{1 + number % 2}") for number in range(60)]
    await desk.tell(*events)

    async with desk.running():
        await desk.settled(*events[1::2])
        for event in events[0:2]:
            await desk.tried(event)

    assert await desk.value("select count(*) from due where lease_until is not null") == 0
    assert await desk.value("select sum(in_flight) from lane") == 0


async def test_nothing_is_left_behind_when_all_happens_at_once(
    desk: Desk, server: AppServer
) -> None:
    """Telling and claiming race for the same lanes; a lane must never sleep over a delivery."""
    batches = [[told() for _ in range(3)] for _ in range(120)]

    async def tell_all() -> None:
        for batch in batches:
            await desk.tell(*batch)

    async with desk.running() as first, desk.running() as second:
        ticking = asyncio.create_task(_ticking(first.due, second.due))
        await tell_all()
        await desk.settled(*(event for batch in batches for event in batch))
        ticking.cancel()

    assert len(server.received) == 360
    assert await desk.value("select count(*) from due") == 0


async def _ticking(*events: asyncio.Event) -> None:
    while True:
        await asyncio.sleep(0.001)
        for event in events:
            event.set()


async def _until_sending(deps: Deps) -> None:
    async def is_sending() -> bool:
        return deps.slots.free > 0

    await until(is_sending)


async def _held_for_s(desk: Desk) -> float:
    """From the beginning of the last try on."""
    sql = "select extract(epoch from held_until - (select max(started_at) from attempt)) from lane"
    return float(await desk.value(sql))


async def _until_held(desk: Desk) -> None:
    async def is_held() -> bool:
        return bool(await desk.value("select held_until > now() from lane"))

    await until(is_held)
