"""What is asked for again while a try of it is in flight is done when that try is recorded."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from tests.integration.notifier.app_server import Answer, AppServer, says
from tests.integration.notifier.desk import Desk, app, told, until

from contracts.internal import ReplayRequest
from notifier.domain.answers import Answer as Answered
from notifier.domain.apps import Destination
from notifier.domain.deliveries import Claim, State
from notifier.domain.schedule import Schedule
from notifier.flows import deliveries, endpoints, replays, tries
from notifier.flows.deps import Deps
from notifier.sender import Sender

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
    desk: Desk, server: AppServer, status: int
) -> None:
    event = told()

    async with desk.running() as deps:
        server.answers["/callback"] = asking(
            lambda: deliveries.send_again(deps, "A1", event.event_id), status=status
        )
        await desk.tell(event)
        first = await server.next()
        if status == 410:
            await _resumed_once_suspended(desk, deps)
        second = await server.next()
        await desk.settled(event)

    assert first.event_id == second.event_id == event.event_id
    assert len(server.received) == 2
    assert await desk.value("select count(*) from attempt") == 2


async def test_redelivery_asked_many_times_meanwhile_is_one(desk: Desk, server: AppServer) -> None:
    event = told()

    async with desk.running() as deps:

        async def ask() -> None:
            for _ in range(5):
                view = await deliveries.send_again(deps, "A1", event.event_id)
                assert view.state == "pending"

        server.answers["/callback"] = asking(ask)
        await desk.tell(event)
        await desk.tried(event, times=2)
        await desk.settled(event)

    assert len(server.received) == 2


async def test_redelivery_asked_during_the_last_try_begins_the_schedule_anew(
    desk: Desk, server: AppServer
) -> None:
    desk.schedule = LAST_TRY
    event = told()

    async with desk.running() as deps:
        server.answers["/callback"] = asking(
            lambda: deliveries.send_again(deps, "A1", event.event_id), status=500
        )
        await desk.tell(event)
        await desk.settled(event)

    assert await desk.value("select count(*) from exhausted") == 0
    assert await desk.value(EVENTS_OF_DELIVERIES) == 1  # delivered; never exhausted


async def test_redelivery_in_an_ordered_endpoint_holds_nobody_up(
    desk: Desk, server: AppServer
) -> None:
    desk.apps.put(app("A1", f"{server.url}/callback", version=2, is_ordered=True))
    first, following = told(order_key="O1"), told(order_key="O1")

    async with desk.running() as deps:
        server.answers["/callback"] = asking(
            lambda: deliveries.send_again(deps, "A1", first.event_id)
        )
        await desk.tell(first)
        await desk.tell(following)
        await desk.tried(first, times=2)
        await desk.settled(first, following)

    assert len(server.received) == 3


async def test_replay_of_what_is_in_flight_is_sent(desk: Desk, server: AppServer) -> None:
    event = told()
    now, day = datetime.now(UTC), timedelta(days=1)
    request = ReplayRequest(app_id="A1", created_from=now - day, created_before=now + day)

    async with desk.running() as deps:

        async def replay() -> None:
            asked = await replays.ask(deps, request)

            async def is_done() -> bool:
                return (await replays.get(deps, asked.replay_id)).done_at is not None

            await until(is_done)

        server.answers["/callback"] = asking(replay)
        await desk.tell(event)
        await desk.tried(event, times=2)
        await desk.settled(event)

    assert len(server.received) == 2


@pytest.mark.parametrize("status", [200, 404, 410])
async def test_what_is_in_flight_when_its_address_is_resumed_is_sent_until_it_is_taken(
    desk: Desk, server: AppServer, status: int
) -> None:
    slow = told()

    async with desk.running() as deps:

        async def be_suspended_and_resumed() -> None:
            await desk.value(_SUSPEND)
            endpoint = await _suspended_endpoint(deps)
            await endpoints.resume(deps, endpoint, None)

        server.answers["/callback"] = asking(be_suspended_and_resumed, status=status)
        await desk.tell(slow)
        await desk.settled(slow)

    assert len(server.received) == (1 if status == 200 else 2)
    assert await desk.value("select suspended_at from lane") is None


async def test_an_answer_from_the_address_before_says_nothing_of_the_new_one(
    desk: Desk, server: AppServer
) -> None:
    event = told()

    async with desk.running():

        async def move() -> None:
            desk.apps.put(app("A1", f"{server.url}/moved", version=2))

        server.answers["/callback"] = asking(move, status=410)
        await desk.tell(event)
        await desk.tried(event)
        assert await desk.value("select suspended_at from lane") is None
        following = told()
        await desk.tell(following)
        await desk.settled(following)

    assert [one.path for one in server.received] == ["/callback", "/moved"]


async def test_ping_asked_while_the_probe_of_a_held_address_is_in_flight_is_sent(
    desk: Desk, server: AppServer
) -> None:
    desk.apps.changed.clear()  # a change of configuration ends the hold too
    probe = told()

    await desk.tell(probe)
    await desk.value("update lane set trips = 1, cap = 1, fresh_at = now() returning 1")

    async with desk.running() as deps:
        server.answers["/callback"] = asking(lambda: deliveries.ping(deps, "A1"), status=500)
        assert (await server.next()).event_id == probe.event_id
        ping = await server.next()

    assert b'"ping"' in ping.body


async def test_what_was_asked_for_again_is_sent_when_its_replica_died(
    desk: Desk, server: AppServer
) -> None:
    """The try in flight may have arrived, or not: the one that was asked for follows."""
    event = told()
    await desk.tell(event)
    deps = desk.deps(replica=999_999)  # Holds no lock on its number, so it is dead.
    (lease,) = (await tries.claim(deps, 10)).claims
    await deliveries.send_again(deps, "A1", event.event_id)
    assert await desk.value("select again from due") == "always"

    async with desk.running():
        await server.next()
        await desk.settled(event)

    assert lease.tries == 0
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "answer",
    [b"\x00", b"\xff\xfe\x00ok", "\ud800".encode(errors="surrogatepass"), b"\x1b[2J\x00" * 9000],
)
async def test_strangers_text_in_an_answer_stops_nothing(
    desk: Desk, server: AppServer, answer: bytes
) -> None:
    async def odd(_: web.Request) -> web.StreamResponse:
        return web.Response(status=500, body=answer, headers={"retry-after": "\xff1e400"})

    server.answers["/callback"] = odd
    server.answers["/fine"] = says(200)
    event, neighbour = told(), told(notify_url=f"{server.url}/fine")

    async with desk.running():
        await asyncio.gather(desk.tell(event), desk.tell(neighbour))
        (attempt,) = await desk.tried(event)
        await desk.settled(neighbour)

    assert (attempt["status"], await desk.state(event)) == (500, State.PENDING)
    assert "\x00" not in (attempt["answer"] or "")


class _ImpossibleStatus(Sender):
    """Answers one callback as no HTTP client can, so that its result cannot be stored."""

    async def send(self, claim: Claim, destination: Destination) -> Answered:
        answer = await super().send(claim, destination)
        return replace(answer, status=2**40) if claim.type == "refund.failed" else answer


async def test_result_that_cannot_be_stored_is_set_aside_and_the_others_are_kept(
    desk: Desk, server: AppServer
) -> None:
    desk.sender = _ImpossibleStatus
    odd, others = told(type="refund.failed"), [told() for _ in range(5)]
    await desk.tell(*others[:3], odd, *others[3:])

    async with desk.running():
        await desk.settled(*others)

    assert await desk.state(odd) == State.PENDING
    assert len(server.received) >= 6


_SUSPEND = """
update lane set suspended_at = now(), suspended_for = 'gone', cap = 1,
                held_until = '9999-01-01', fresh_at = '9999-01-01' returning 1
"""


async def _suspended_endpoint(deps: Deps) -> str:
    page = await endpoints.list_page(deps, app_id="A1", suspended=True, after=None, limit=1)
    (one,) = page.items
    return one.endpoint_id


async def _resumed_once_suspended(desk: Desk, deps: Deps) -> None:
    async def is_suspended() -> bool:
        return bool(await desk.value("select suspended_at is not null from lane"))

    await until(is_suspended)
    await endpoints.resume(deps, await _suspended_endpoint(deps), None)
