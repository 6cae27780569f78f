"""What is asked for again while a try of it is in flight is done when that try is recorded."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from tests.integration.notifier.app_server import Answer, AppServer, says
from tests.integration.notifier.harness import Harness, app, new_delivery, until

from contracts.internal import ReplayRequest
from notifier.domain.answers import Answer as Answered
from notifier.domain.apps import Destination
from notifier.domain.deliveries import Lease, State
from notifier.domain.errors import NoCallbackAddress
from notifier.domain.schedule import Schedule
from notifier.flows import attempts, deliveries, endpoints, replays
from notifier.flows.deps import Deps
from notifier.sending.sender import Sender

LAST_TRY = Schedule(spread=lambda: 0.0, delays_s=())
EVENTS_OF_DELIVERIES = "select count(*) from event_log where topic = 'paymesh.delivery-events.v1'"


def asking(first: Callable[[], Awaitable[object]], *, status: int = 200) -> Answer:
    """An app whose handler does something on the first callback, before it answers that one."""
    asked = False

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        if asked:
            return web.Response()
        asked = True
        await first()
        return web.Response(status=status)

    return answer


@pytest.mark.parametrize("status", [200, 404, 410, 500])
async def test_redelivery_asked_from_inside_the_handler_is_sent(
    harness: Harness, server: AppServer, status: int
) -> None:
    event = new_delivery()

    async with harness.running() as deps:
        server.answers["/callback"] = asking(
            lambda: deliveries.send_again(deps, "A1", event.event_id), status=status
        )
        await harness.add(event)
        first = await server.next()
        if status == 410:
            await _resumed_once_suspended(harness, deps)
        second = await server.next()
        await harness.settled(event)

    assert first.event_id == second.event_id == event.event_id
    assert len(server.received) == 2
    assert await harness.value("select count(*) from attempt") == 2


@pytest.mark.parametrize("changes", [{"notify_url": None}, {"is_active": False}])
async def test_redelivery_that_has_nowhere_to_go_is_refused(
    harness: Harness, server: AppServer, changes: dict[str, Any]
) -> None:
    """As a ping is; an address that came with the call is one to go to."""
    harness.apps.put(replace(app("A1", f"{server.url}/callback", version=2), **changes))
    to_the_app, named = new_delivery(), new_delivery(notify_url=f"{server.url}/named")
    await harness.add(to_the_app)
    await harness.add(named)
    deps = harness.deps(replica=1)
    with pytest.raises(NoCallbackAddress):
        await deliveries.send_again(deps, "A1", to_the_app.event_id)
    if "is_active" not in changes:
        view = await deliveries.send_again(deps, "A1", named.event_id)
        assert view.url == f"{server.url}/named"


async def test_redelivery_asked_many_times_meanwhile_is_one(
    harness: Harness, server: AppServer
) -> None:
    event = new_delivery()

    async with harness.running() as deps:

        async def ask() -> None:
            for _ in range(5):
                view = await deliveries.send_again(deps, "A1", event.event_id)
                assert view.state == "pending"

        server.answers["/callback"] = asking(ask)
        await harness.add(event)
        await harness.tried(event, times=2)
        await harness.settled(event)

    assert len(server.received) == 2


async def test_redelivery_asked_during_the_last_try_begins_the_schedule_anew(
    harness: Harness, server: AppServer
) -> None:
    harness.schedule = LAST_TRY
    event = new_delivery()

    async with harness.running() as deps:
        server.answers["/callback"] = asking(
            lambda: deliveries.send_again(deps, "A1", event.event_id), status=500
        )
        await harness.add(event)
        await harness.settled(event)

    assert await harness.value("select count(*) from exhausted") == 0
    assert await harness.value(EVENTS_OF_DELIVERIES) == 1  # delivered; never exhausted


async def test_redelivery_in_an_ordered_endpoint_holds_nobody_up(
    harness: Harness, server: AppServer
) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2, is_ordered=True))
    first, following = new_delivery(order_key="O1"), new_delivery(order_key="O1")

    async with harness.running() as deps:
        server.answers["/callback"] = asking(
            lambda: deliveries.send_again(deps, "A1", first.event_id)
        )
        await harness.add(first)
        await harness.add(following)
        await harness.tried(first, times=2)
        await harness.settled(first, following)

    assert len(server.received) == 3


async def test_replay_of_what_is_in_flight_is_sent(harness: Harness, server: AppServer) -> None:
    event = new_delivery()
    now, day = datetime.now(UTC), timedelta(days=1)
    request = ReplayRequest(app_id="A1", created_from=now - day, created_before=now + day)

    async with harness.running() as deps:

        async def replay() -> None:
            asked = await replays.ask(deps, request)

            async def is_done() -> bool:
                return (await replays.get(deps, asked.replay_id)).done_at is not None

            await until(is_done)

        server.answers["/callback"] = asking(replay)
        await harness.add(event)
        await harness.tried(event, times=2)
        await harness.settled(event)

    assert len(server.received) == 2


@pytest.mark.parametrize("status", [200, 404, 410])
async def test_what_is_in_flight_when_its_address_is_resumed_is_sent_until_it_is_taken(
    harness: Harness, server: AppServer, status: int
) -> None:
    slow = new_delivery()

    async with harness.running() as deps:

        async def be_suspended_and_resumed() -> None:
            await harness.value(_SUSPEND)
            endpoint = await _suspended_endpoint(deps)
            await endpoints.resume(deps, endpoint, None)

        server.answers["/callback"] = asking(be_suspended_and_resumed, status=status)
        await harness.add(slow)
        await harness.settled(slow)

    assert len(server.received) == (1 if status == 200 else 2)
    assert await harness.value("select suspended_at from lane") is None


async def test_an_answer_from_the_address_before_says_nothing_of_the_new_one(
    harness: Harness, server: AppServer
) -> None:
    event = new_delivery()

    async with harness.running():

        async def move() -> None:
            harness.apps.put(app("A1", f"{server.url}/moved", version=2))

        server.answers["/callback"] = asking(move, status=410)
        await harness.add(event)
        await harness.tried(event)
        assert await harness.value("select suspended_at from lane") is None
        following = new_delivery()
        await harness.add(following)
        await harness.settled(following)

    assert [one.path for one in server.received] == ["/callback", "/moved"]


async def test_ping_asked_while_the_probe_of_a_held_address_is_in_flight_is_sent(
    harness: Harness, server: AppServer
) -> None:
    harness.apps.changed.clear()  # a change of configuration ends the hold too
    probe = new_delivery()

    await harness.add(probe)
    await harness.value("update lane set trips = 1, cap = 1, fresh_at = now() returning 1")

    async with harness.running() as deps:
        server.answers["/callback"] = asking(lambda: deliveries.ping(deps, "A1"), status=500)
        assert (await server.next()).event_id == probe.event_id
        ping = await server.next()

    assert b'"ping"' in ping.body


async def test_what_was_asked_for_again_is_sent_when_its_replica_died(
    harness: Harness, server: AppServer
) -> None:
    """The try in flight may have arrived, or not: the one that was asked for follows."""
    event = new_delivery()
    await harness.add(event)
    deps = harness.deps(replica=999_999)  # Holds no lock on its number, so it is dead.
    (lease,) = (await attempts.lease(deps, 10)).leases
    await deliveries.send_again(deps, "A1", event.event_id)
    assert await harness.value("select again from due") == "always"

    async with harness.running():
        await server.next()
        await harness.settled(event)

    assert lease.tries == 0
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "answer",
    [b"\x00", b"\xff\xfe\x00ok", "\ud800".encode(errors="surrogatepass"), b"\x1b[2J\x00" * 9000],
)
async def test_strangers_text_in_an_answer_stops_nothing(
    harness: Harness, server: AppServer, answer: bytes
) -> None:
    async def odd(_: web.Request) -> web.StreamResponse:
        return web.Response(status=500, body=answer, headers={"retry-after": "\xff1e400"})

    server.answers["/callback"] = odd
    server.answers["/fine"] = says(200)
    event, neighbour = new_delivery(), new_delivery(notify_url=f"{server.url}/fine")

    async with harness.running():
        await asyncio.gather(harness.add(event), harness.add(neighbour))
        (attempt,) = await harness.tried(event)
        await harness.settled(neighbour)

    assert (attempt["status"], await harness.state(event)) == (500, State.PENDING)
    assert "\x00" not in (attempt["answer"] or "")


class _ImpossibleStatus(Sender):
    """Answers one callback as no HTTP client can, so that its result cannot be stored."""

    async def send(self, lease: Lease, destination: Destination) -> Answered:
        answer = await super().send(lease, destination)
        return replace(answer, status=2**40) if lease.type == "refund.failed" else answer


async def test_result_that_cannot_be_stored_is_set_aside_and_the_others_are_kept(
    harness: Harness, server: AppServer
) -> None:
    harness.sender = _ImpossibleStatus
    odd, others = new_delivery(type="refund.failed"), [new_delivery() for _ in range(5)]
    await harness.add(*others[:3], odd, *others[3:])

    async with harness.running():
        await harness.settled(*others)

    assert await harness.state(odd) == State.PENDING
    assert len(server.received) >= 6


_SUSPEND = """
update lane set suspended_at = now(), suspended_for = 'gone', cap = 1,
                held_until = '9999-01-01', fresh_at = '9999-01-01' returning 1
"""


async def _suspended_endpoint(deps: Deps) -> str:
    page = await endpoints.list_page(deps, app_ids=["A1"], suspended=True, after=None, limit=1)
    (one,) = page.items
    return one.endpoint_id


async def _resumed_once_suspended(harness: Harness, deps: Deps) -> None:
    async def is_suspended() -> bool:
        return bool(await harness.value("select suspended_at is not null from lane"))

    await until(is_suspended)
    await endpoints.resume(deps, await _suspended_endpoint(deps), None)
