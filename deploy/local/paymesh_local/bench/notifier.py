"""`make bench-notifier`: how fast callbacks go out, and whom a dead app delays (W1, W2, …).

Each figure stands beside its bar; the floor is aiohttp that posts the same bodies from memory.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from chassis import outbox
from chassis.database import Database
from chassis.outbox import OutboxEvent, Relay
from paymesh_local.bench.callbacks import World, world

ENDPOINTS: Final = 500
RATE_PER_S: Final = 400
FLOOR_IN_FLIGHT: Final = 128
APPS: Final = [f"A{number}" for number in range(ENDPOINTS)]


@dataclass(frozen=True, slots=True)
class Plan:
    events: int
    seconds: float
    pending: int


async def main(plan: Plan) -> None:
    async with world() as here:
        await backlog(here, plan)
        await arriving(here, plan)
        await here.servers.all_of(await tell_paced(here, plan, APPS), 60)  # calm again
        alone_p99 = await paced(here, plan, APPS, "W1 p99 at 400/s", bar_ms=40)
        await beside_a_dead_app(here, plan, alone_p99)
        await behind_a_million(here, plan)
        await commit_to_delivered(here, plan)
        await killed(here, plan)
        await idle(here)
        await floor(here, plan)


async def backlog(here: World, plan: Plan) -> None:
    """Events wait, because their apps are not known yet; then all apps become known at once."""
    await here.start_notifier()
    events = here.events(APPS, plan.events)
    await here.tell(events)
    await here.stored(len(events))
    before = here.cpu_s()
    start = time.perf_counter()
    await here.register(APPS)
    missing = await here.servers.all_of([one for one, _ in events], 300)
    first, last = min(here.servers.arrived.values()), max(here.servers.arrived.values())
    rate = (len(events) - missing) / (last - first)
    say("W1 backlog drained", f"{rate:.0f}/s", rate >= 1600, "≥ 1600/s")
    say("W1 lost", f"{missing}", missing == 0, "0")
    cpu = here.cpu_since(before)
    parts = ", ".join(f"{name} {1e6 * s / len(events):.0f}" for name, s in cpu.items())
    print(f"   CPU ms per 1,000: {parts}; first after {first - start:.1f} s")


async def arriving(here: World, plan: Plan) -> None:
    """As fast as they are told, which is faster than they can be sent."""
    events = here.events(APPS, plan.events)
    start = time.perf_counter()
    for place in range(0, len(events), 500):
        await here.tell(events[place : place + 500])
    missing = await here.servers.all_of([one for one, _ in events], 300)
    last = max(here.servers.arrived[one] for one, _ in events if one in here.servers.arrived)
    rate = (len(events) - missing) / (last - start)
    say("W1 while events arrive", f"{rate:.0f}/s", rate >= 900, "≥ 900/s")


async def paced(
    here: World, plan: Plan, app_ids: Sequence[str], name: str, *, bar_ms: float
) -> float:
    """At a fixed rate; answers the 99th percentile from published to received, in ms."""
    healthy = await tell_paced(here, plan, app_ids)
    await here.servers.all_of(healthy, 60)
    figures = here.latencies_ms(healthy)
    p99 = percentile(figures, 99)
    say(
        name,
        f"{p99:.0f} ms (p50 {percentile(figures, 50):.0f})",
        p99 <= bar_ms,
        f"≤ {bar_ms:.0f} ms",
    )
    return p99


async def beside_a_dead_app(here: World, plan: Plan, alone_p99: float) -> None:
    """One address hangs on a fifth of the traffic."""
    here.servers.hanging = {"dead"}
    await here.register(["dead"])
    mixed = [app_id if place % 5 else "dead" for place, app_id in enumerate(APPS)]
    await paced(here, plan, mixed, "W2 p99 beside a dead app", bar_ms=1.2 * alone_p99)


async def behind_a_million(here: World, plan: Plan) -> None:
    """One app has very many pending; how long the first try of the others takes."""
    await here.value(PENDING_FOR_ONE, "dead", plan.pending)
    name = f"W5 p99 with {plan.pending:,} pending for one"
    await paced(here, plan, APPS, name, bar_ms=1000)


async def commit_to_delivered(here: World, plan: Plan) -> None:
    """From the commit of a change to the callback, through an outbox, at half load."""
    connection = await Database.connect(here.outbox_url, application_name="bench")
    async with connection.connection() as tx:
        await tx.execute(outbox.SCHEMA)
    relay = Relay(connection, here.producer)
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    ids: list[str] = []
    pause_s = 10 / RATE_PER_S
    for _ in range(int(plan.seconds / pause_s)):
        events = here.events(APPS, 10)
        async with connection.transaction() as tx:
            await outbox.put(
                tx,
                [
                    OutboxEvent(
                        event_id=one,
                        topic=message.topic,
                        key=message.key,
                        type=message.headers["ce_type"],
                        tenant="",
                        payload=message.value,
                    )
                    for one, message in events
                ],
            )
        relay.wake()
        here.told.update((one, time.perf_counter()) for one, _ in events)
        ids += [one for one, _ in events]
        await asyncio.sleep(pause_s)
    await here.servers.all_of(ids, 60)
    stop.set()
    await running
    await connection.close()
    figures = here.latencies_ms(ids)
    p99 = percentile(figures, 99)
    text = f"{p99:.0f} ms (p50 {percentile(figures, 50):.0f})"
    say("W7 commit to delivered p99", text, p99 <= 250, "≤ 250 ms")


async def killed(here: World, plan: Plan) -> None:
    """kill -9 in the middle, twice; all must arrive, and the last within 60 s."""
    ids: list[str] = []
    for _ in range(2):
        ids += await tell_paced(here, plan, APPS)
        await here.stop_notifier(grace_s=0)
        await here.start_notifier()
    missing = await here.servers.all_of(ids, 60)
    doubles = sum(here.servers.times[one] - 1 for one in ids if one in here.servers.arrived)
    say("W4 lost after kill -9", f"{missing} ({doubles} doubles)", missing == 0, "0 in 60 s")


async def idle(here: World) -> None:
    """What it costs to wait."""
    await here.value("delete from due where lease_until is null returning 1")
    before, transactions = here.cpu_s(), await here.value(TRANSACTIONS)
    await asyncio.sleep(10)
    cpu, after = here.cpu_since(before), await here.value(TRANSACTIONS)
    share = 10 * cpu["notifier"]
    print(f"   W8 idle: {(after - transactions) / 10:.1f} transactions/s, {share:.1f} % of a core")


async def floor(here: World, plan: Plan) -> None:
    """A process of its own posts the same bodies from memory to the same servers."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "paymesh_local.bench.notifier", "--floor",
        f"http://127.0.0.1:{here.servers.port}", "--events", str(plan.events),
    )  # fmt: skip
    await child.wait()


async def post_all(url: str, count: int) -> None:
    """The floor's process: no database, no signature, no retry."""
    body, left = b"x" * 700, iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post() -> None:
            for number in left:
                headers = {"webhook-id": f"floor-{number}"}
                address = f"{url}/{APPS[number % ENDPOINTS]}"
                async with session.post(address, data=body, headers=headers) as response:
                    await response.read()

        start = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(FLOOR_IN_FLIGHT)))
        print(f"   floor: aiohttp from memory {count / (time.perf_counter() - start):.0f}/s")


async def tell_paced(here: World, plan: Plan, app_ids: Sequence[str]) -> list[str]:
    """Ten at a time; answers the ids of those that are not for the dead app."""
    ids: list[str] = []
    pause_s, start = 10 / RATE_PER_S, time.perf_counter()
    for turn in range(int(plan.seconds / pause_s)):
        apps = [app_ids[(10 * turn + place) % len(app_ids)] for place in range(10)]
        events = here.events(apps, 10)
        ids += [one for (one, _), app_id in zip(events, apps, strict=True) if app_id != "dead"]
        await here.tell(events)
        await asyncio.sleep(max(0.0, start + (turn + 1) * pause_s - time.perf_counter()))
    return ids


def percentile(ordered: Sequence[float], share: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] if ordered else float("inf")


def say(name: str, figure: str, is_met: bool, bar: str) -> None:
    print(f"{'ok' if is_met else '--'} {name:<40}{figure:>24}   bar {bar}", flush=True)


TRANSACTIONS: Final = """
select (xact_commit + xact_rollback)::bigint from pg_stat_database
where datname = current_database()
"""

PENDING_FOR_ONE: Final = """
with one as (select lane_id from lane where app_id = $1),
added as (
    insert into delivery (event_id, lane_id, app_id, type, body, happened_at)
    select 'pending-' || number, lane_id, $1, 'payment.succeeded', '{}', now()
    from one, generate_series(1, $2::bigint) as number
    returning delivery_id, lane_id
), queued as (
    insert into due (delivery_id, lane_id, due_at, fresh, tries)
    select delivery_id, lane_id, now(), true, 0 from added returning 1
)
select count(*) from queued
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-notifier", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="of each draining run")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each paced run")
    parser.add_argument("--pending", type=int, default=1_000_000, help="of one app, in W5")
    parser.add_argument("--floor", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.floor:
        asyncio.run(post_all(given.floor, given.events))
    else:
        asyncio.run(main(Plan(given.events, given.seconds, given.pending)))
