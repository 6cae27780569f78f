"""People have many callbacks sent again, at a rate, and see how far it is."""

from datetime import UTC, datetime, timedelta

from tests.integration.notifier.app_server import AppServer
from tests.integration.notifier.harness import Harness, new_delivery, until

from contracts.internal import ReplayRequest
from notifier.domain.deliveries import State
from notifier.flows import deliveries, replays
from notifier.flows.deps import Deps
from notifier.store.views import Wanted


def everything_of(app_id: str, **filters: object) -> ReplayRequest:
    now = datetime.now(UTC)
    day = timedelta(days=1)
    request = {"app_id": app_id, "created_from": now - day, "created_before": now + day, **filters}
    return ReplayRequest.model_validate(request)


async def finished(deps: Deps, replay_id: str) -> None:
    async def is_done() -> bool:
        return (await replays.get(deps, replay_id)).done_at is not None

    await until(is_done)


async def test_replay_sends_again_what_its_filters_mean(
    harness: Harness, server: AppServer
) -> None:
    wanted = [new_delivery(type="refund.succeeded") for _ in range(3)]
    others = [new_delivery() for _ in range(3)]
    await harness.add(*wanted, *others)

    async with harness.running() as deps:
        await harness.settled(*wanted, *others)
        server.received.clear()
        replay = await replays.ask(deps, everything_of("A1", type="refund.succeeded"))
        await finished(deps, replay.replay_id)
        await harness.settled(*wanted)

    assert (replay.matched, replay.sent) == (3, 0)
    assert sorted(one.event_id for one in server.received) == sorted(one.event_id for one in wanted)


async def test_replay_keeps_to_its_rate(harness: Harness, server: AppServer) -> None:
    events = [new_delivery() for _ in range(10)]
    await harness.add(*events)
    async with harness.running() as deps:
        await harness.settled(*events)
        server.received.clear()
        replay = await replays.ask(deps, everything_of("A1", per_s=4))

        await finished(deps, replay.replay_id)
        await harness.settled(*events)

    ended = await replays.get(harness.deps(replica=0), replay.replay_id)
    assert len(server.received) == 10
    assert ended.sent == 10
    assert ended.done_at is not None
    assert ended.done_at - ended.asked_at >= timedelta(seconds=3)  # 4, 4 and 2, a second each


async def test_people_find_deliveries_of_all_apps_with_every_answer(
    harness: Harness, server: AppServer
) -> None:
    mine, other = new_delivery(), new_delivery("A9")
    await harness.add(mine, other)
    deps = harness.deps(replica=0)

    everything = await deliveries.search(deps, Wanted(), after=None, limit=1)
    rest = await deliveries.search(deps, Wanted(), after=everything.next_cursor, limit=5)
    none = await deliveries.search(deps, Wanted(state=State.EXHAUSTED), after=None, limit=5)

    assert [one.app_id for one in (*everything.items, *rest.items)] == ["A9", "A1"]
    assert none.items == []
