"""One dead address delays nobody else, and is left alone until it may live again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from tests.integration.notifier.app_server import AppServer, says
from tests.integration.notifier.harness import AT_ONCE, PATIENT, Harness, app, new_delivery, until

from notifier.domain.apps import AppBook
from notifier.domain.endpoints import MAX_CAP, START_CAP
from notifier.flows import attempts, deliveries, endpoints
from notifier.flows.deps import Deps
from notifier.sending.sender import Limits


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


async def test_address_that_hangs_does_not_delay_another(
    harness: Harness, server: AppServer
) -> None:
    harness.apps.put(app("A2", f"{server.url}/hangs"))
    dead, healthy = (
        [new_delivery("A2") for _ in range(300)],
        [new_delivery("A1") for _ in range(50)],
    )
    await harness.add(*dead, *healthy)

    harness.limits = Limits(total_s=600)
    async with harness.running(), hanging(server, "/hangs"):
        await harness.settled(*healthy)  # long before the first of the dead has timed out
        assert sum(one.path == "/hangs" for one in server.received) <= START_CAP


async def test_first_tries_go_before_retries(harness: Harness, server: AppServer) -> None:
    old, new = [new_delivery() for _ in range(60)], [new_delivery() for _ in range(60)]
    await harness.add(*old)
    await harness.value("update due set fresh = false, tries = 1 returning 1")
    await harness.value("update lane set retry_at = now(), fresh_at = null returning 1")
    await harness.add(*new)

    async with harness.running():
        await harness.settled(*old, *new)

    ids = [one.event_id for one in server.received]
    assert max(ids.index(event.event_id) for event in new) < len(new) + START_CAP


async def test_breaker_opens_and_no_more_is_tried(harness: Harness, server: AppServer) -> None:
    harness.limits = Limits(total_s=0.1)
    events = [new_delivery() for _ in range(40)]
    await harness.add(*events)

    async with hanging(server, "/callback"), harness.running():
        await _until_held(harness)
        tried = await harness.value("select count(*) from attempt")
        await harness.add(new_delivery())

        assert tried < 5 + START_CAP
        assert await harness.value("select cap from lane") == 1
        assert await harness.value("select fresh_at >= held_until from lane")
        assert await _held_for_s(harness) >= 30

    assert await harness.value("select count(*) from attempt") <= tried + START_CAP


async def test_single_probe_closes_the_breaker_and_the_backlog_follows(
    harness: Harness, server: AppServer
) -> None:
    harness.schedule, harness.limits = AT_ONCE, Limits(total_s=0.1)
    events = [new_delivery() for _ in range(40)]
    await harness.add(*events)
    async with hanging(server, "/callback"), harness.running():
        await _until_held(harness)
    server.answers["/callback"] = says(200)
    server.received.clear()
    await harness.value(
        "update lane set held_until = now(), fresh_at = now(), retry_at = now() returning 1"
    )

    deps = harness.deps(replica=0)
    probe = await attempts.lease(deps, 100)
    await harness.value(
        "update due set lease_until = now() where lease_until is not null returning 1"
    )
    harness.limits = PATIENT
    async with harness.running():
        await harness.settled(*events)

    assert len(probe.leases) == 1
    assert 1 < await harness.value("select cap from lane") <= MAX_CAP
    assert await harness.value("select held_until is null and trips = 0 from lane")


async def test_after_the_hold_the_longest_waiting_goes_first(
    harness: Harness, server: AppServer
) -> None:
    """Also what had been tried when the circuit opened: it is the probe, and before what is new."""
    harness.schedule = AT_ONCE
    server.answers["/callback"] = says(500)
    events = [new_delivery() for _ in range(40)]
    await harness.add(*events)
    async with harness.running():
        await _until_held(harness)
    tried_before = await harness.value("select count(distinct delivery_id) from attempt")
    server.answers["/callback"] = says(200)
    await harness.value("update lane set held_until = now(), fresh_at = now() returning 1")

    async with harness.running():
        await harness.settled(*events)

    sql = """select array_agg(event_id order by started_at) from attempt
             join delivery using (delivery_id, day) where status = 200"""
    order, requested = await harness.value(sql), [event.event_id for event in events]
    assert tried_before >= START_CAP
    assert max(abs(order.index(event) - requested.index(event)) for event in requested) <= START_CAP


async def test_failed_probe_holds_longer(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(500)
    await harness.add(new_delivery())
    await harness.value("update lane set trips = 1, cap = 1, held_until = now() returning 1")

    async with harness.running():
        await _until_held(harness)

    assert await _held_for_s(harness) >= 60


async def test_corrected_address_is_tried_at_once(harness: Harness, server: AppServer) -> None:
    event = new_delivery()
    await harness.add(event)
    await harness.value(
        """update lane set trips = 3, cap = 1, held_until = now() + interval '5 min',
                           fresh_at = now() + interval '5 min' returning 1"""
    )

    async with harness.running():
        harness.apps.put(app("A1", f"{server.url}/moved", version=2))
        assert (await server.next()).path == "/moved"
        await harness.settled(event)


async def test_replica_that_starts_lifts_no_hold(harness: Harness, server: AppServer) -> None:
    """It knows the apps for the first time, and they are as they were."""
    await harness.add(new_delivery())
    async with harness.running() as deps:
        await endpoints.follow_configuration(deps)
    await harness.value("update lane set held_until = now() + interval '5 min' returning 1")

    harness.apps = AppBook()
    harness.apps.put(app("A1", f"{server.url}/callback"))
    await endpoints.follow_configuration(harness.deps(replica=1))
    assert await harness.value("select held_until > now() from lane")
    assert not harness.apps.changed

    harness.apps.put(app("A1", f"{server.url}/callback", version=2))
    await endpoints.follow_configuration(harness.deps(replica=1))
    assert await harness.value("select held_until is null from lane")


@pytest.mark.parametrize("status", [200, 500])
async def test_ping_is_sent_to_a_held_address_and_ends_the_hold_if_it_is_taken(
    harness: Harness, server: AppServer, status: int
) -> None:
    harness.apps.changed.clear()  # a change of configuration ends the hold too
    server.answers["/callback"] = says(status)
    waiting = new_delivery()
    await harness.add(waiting)
    await harness.value(
        """update lane set trips = 4, cap = 1, held_until = now() + interval '5 min',
                           fresh_at = now() + interval '5 min' returning 1"""
    )

    async with harness.running() as deps:
        await _until_sending(deps)
        await deliveries.ping(deps, "A1")
        ping = await server.next()
        if status == 200:
            await harness.settled(waiting)

    held = "select trips = 4 and held_until > now() and fresh_at = held_until from lane"
    assert json.loads(ping.body)["type"] == "ping"
    assert len(server.received) == (2 if status == 200 else 1)
    assert await harness.value(held) is (status == 500)


async def test_ping_does_not_reach_a_suspended_address(harness: Harness, server: AppServer) -> None:
    harness.apps.changed.clear()  # another address would resume it
    event = new_delivery()
    await harness.add(event)
    await harness.value(
        """update lane set suspended_at = now(), suspended_for = 'gone', cap = 1,
                           held_until = '9999-01-01', fresh_at = '9999-01-01' returning 1"""
    )

    async with harness.running() as deps:
        await _until_sending(deps)
        view = await deliveries.ping(deps, "A1")

    assert (view.state, view.next_attempt_at) == ("pending", None)
    assert server.received == []


async def test_endpoint_without_work_is_moved_on(harness: Harness, server: AppServer) -> None:
    """Otherwise sixty empty endpoints at the front would starve the one behind them."""
    empty = [new_delivery(notify_url=f"http://127.0.0.1:{port}/") for port in range(2000, 2060)]
    await harness.add(*empty)
    await harness.value("with gone as (delete from due returning 1) select count(*) from gone")
    event = new_delivery()
    await harness.add(event)
    await harness.value(
        "update lane set fresh_at = now() + interval '1 s' where origin = '' returning 1"
    )

    async with harness.running():
        await harness.settled(event)

    assert await harness.value("select count(*) from lane where fresh_at is not null") == 0


async def test_what_is_in_flight_is_counted_exactly(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(500)
    harness.apps.put(app("A2", f"{server.url}/fine"))
    events = [new_delivery(f"A{1 + number % 2}") for number in range(60)]
    await harness.add(*events)

    async with harness.running():
        await harness.settled(*events[1::2])
        for event in events[0:2]:
            await harness.tried(event)

    assert await harness.value("select count(*) from due where lease_until is not null") == 0
    assert await harness.value("select sum(in_flight) from lane") == 0


async def test_nothing_is_left_behind_when_all_happens_at_once(
    harness: Harness, server: AppServer
) -> None:
    """Adding and leasing race for the same endpoints; none may ever sleep over a delivery."""
    batches = [[new_delivery() for _ in range(3)] for _ in range(120)]

    async def tell_all() -> None:
        for batch in batches:
            await harness.add(*batch)

    async with harness.running() as first, harness.running() as second:
        ticking = asyncio.create_task(_ticking(first.wake_up, second.wake_up))
        await tell_all()
        await harness.settled(*(event for batch in batches for event in batch))
        ticking.cancel()

    assert len(server.received) == 360
    assert await harness.value("select count(*) from due") == 0


async def _ticking(*events: asyncio.Event) -> None:
    while True:
        await asyncio.sleep(0.001)
        for event in events:
            event.set()


async def _until_sending(deps: Deps) -> None:
    async def is_sending() -> bool:
        return deps.slots.free > 0

    await until(is_sending)


async def _held_for_s(harness: Harness) -> float:
    """From the beginning of the last try on."""
    sql = "select extract(epoch from held_until - (select max(started_at) from attempt)) from lane"
    return float(await harness.value(sql))


async def _until_held(harness: Harness) -> None:
    async def is_held() -> bool:
        held = "select held_until > now() and exists (select from attempt) from lane"
        return bool(await harness.value(held))

    await until(is_held)
