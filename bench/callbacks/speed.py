"""How fast callbacks go out, and whom a dead app delays: W1, W2, W5, W7, W8."""

import asyncio
import time
from typing import Final

from bench.callbacks.harness import Harness
from bench.callbacks.plan import (
    APPS,
    AT_A_TIME,
    DEAD,
    RATE_PER_S,
    Plan,
    calm,
    paced,
    remark,
    say_p99,
    tell_paced,
)
from chassis import outbox
from chassis.database import Database
from chassis.outbox import OutboxEvent, Relay
from chassis.producer import Message

IDLE_S: Final = 10


async def throughput(here: Harness, plan: Plan) -> None:
    """W1: a backlog, then as fast as they come, then at 400/s."""
    await _backlog(here, plan)
    await _arriving(here, plan)
    await here.servers.all_of(await tell_paced(here, 5, APPS), 60)  # calm again
    plan.alone_p99_ms = await paced(here, plan, APPS, "W1 p99 at 400/s", bar_ms=40)


async def beside_a_dead_app(here: Harness, plan: Plan) -> None:
    """W2: one address hangs on a fifth of the traffic."""
    await calm(here)
    if plan.alone_p99_ms is None:
        plan.alone_p99_ms = await paced(here, plan, APPS, "W1 p99 at 400/s", bar_ms=40)
    here.servers.hanging = {DEAD}
    await here.register([DEAD])
    mixed = [app_id if place % 5 else DEAD for place, app_id in enumerate(APPS)]
    bar_ms = 1.2 * plan.alone_p99_ms
    await paced(here, plan, mixed, "W2 p99 beside a dead app", bar_ms=bar_ms)


async def behind_very_many(here: Harness, plan: Plan) -> None:
    """W5: one app has a million pending; how long the first try of the others takes."""
    await calm(here)
    here.servers.hanging = {DEAD}
    await here.register([DEAD])
    start = time.perf_counter()
    await here.value(PENDING_FOR_ONE, DEAD, plan.pending)
    remark(f"{plan.pending:,} made pending in {time.perf_counter() - start:.0f} s")
    name = f"W5 p99 with {plan.pending:,} pending for one"
    await paced(here, plan, APPS, name, bar_ms=1000)


async def commit_to_delivered(here: Harness, plan: Plan) -> None:
    """W7: from the commit of a change to the callback, through an outbox, at half load."""
    await calm(here)
    connection = await Database.connect(here.outbox_url, application_name="bench")
    async with connection.connection() as tx:
        await tx.execute(outbox.SCHEMA)
    relay, stop = Relay(connection, here.producer), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    ids: list[str] = []
    pause_s, start = AT_A_TIME / RATE_PER_S, time.perf_counter()
    for turn in range(int(plan.seconds / pause_s)):
        events = here.events(APPS, AT_A_TIME)
        async with connection.transaction() as tx:
            await outbox.put(tx, [_outgoing(one, message) for one, message in events])
        relay.wake()
        here.produced_at.update((one, time.perf_counter()) for one, _ in events)
        ids += [one for one, _ in events]
        await asyncio.sleep(max(0.0, start + (turn + 1) * pause_s - time.perf_counter()))
    await here.servers.all_of(ids, 60)
    stop.set()
    await running
    await connection.close()
    say_p99(plan, here.latencies_ms(ids), "W7 p99 from commit to delivered", bar_ms=250)


async def idle(here: Harness, _: Plan) -> None:
    """W8: what it costs to wait."""
    await calm(here)
    await here.value("with gone as (delete from due where lease_until is null returning 1) "
                     "select count(*) from gone")  # fmt: skip
    before, transactions = here.cpu_s(), await here.value(TRANSACTIONS)
    await asyncio.sleep(IDLE_S)
    cpu, after = here.cpu_since(before), await here.value(TRANSACTIONS)
    rate, percent = (after - transactions) / IDLE_S, 100 * cpu["notifier"] / IDLE_S
    remark(f"W8 idle: {rate:.1f} transactions/s, {percent:.1f} % of a core "
           "(the embedded broker is asked every 10 ms, Kafka every 500)")  # fmt: skip


async def _backlog(here: Harness, plan: Plan) -> None:
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
    plan.say("W1 backlog drained", f"{rate:.0f}/s", bar="≥ 1600/s", is_met=rate >= 1600)
    plan.say("W1 lost", f"{missing}", bar="0", is_met=missing == 0)
    _say_cpu(here.cpu_since(before), len(events))
    remark(f"the first came {first - start:.1f} s after the apps were known")


async def _arriving(here: Harness, plan: Plan) -> None:
    """As fast as they are told, which is faster than they can be sent."""
    events = here.events(APPS, plan.events)
    before = here.cpu_s()
    start = time.perf_counter()
    for place in range(0, len(events), 500):
        await here.tell(events[place : place + 500])
    missing = await here.servers.all_of([one for one, _ in events], 300)
    last = max(here.servers.arrived[one] for one, _ in events if one in here.servers.arrived)
    rate = (len(events) - missing) / (last - start)
    plan.say("W1 while events arrive", f"{rate:.0f}/s", bar="≥ 900/s", is_met=rate >= 900)
    _say_cpu(here.cpu_since(before), len(events))


def _say_cpu(cpu_s: dict[str, float], deliveries: int) -> None:
    parts = ", ".join(f"{name} {1e6 * s / deliveries:.0f}" for name, s in cpu_s.items())
    remark(f"CPU ms per 1,000 deliveries: {parts}")


def _outgoing(event_id: str, message: Message) -> OutboxEvent:
    return OutboxEvent(
        event_id=event_id,
        topic=message.topic,
        key=message.key,
        type=message.headers["ce_type"],
        tenant="",
        payload=message.value,
    )


TRANSACTIONS: Final = """
select (xact_commit + xact_rollback)::bigint from pg_stat_database
where datname = current_database()
"""

PENDING_FOR_ONE: Final = """
with one as (
    insert into lane (app_id, origin, fresh_at) values ($1, '', now())
    on conflict (app_id, origin) do update set fresh_at = greatest(now(), lane.held_until)
    returning lane_id
), added as (
    insert into delivery (event_id, day, lane_id, app_id, type, body, happened_at)
    select 'pending-' || number, now()::date, lane_id, $1, 'payment.succeeded', '{}', now()
    from one, generate_series(1, $2::bigint) as number
    returning delivery_id, day, lane_id
), queued as (
    insert into due (delivery_id, day, lane_id, due_at, fresh, tries)
    select delivery_id, day, lane_id, now(), true, 0 from added returning 1
)
select count(*) from queued
"""
