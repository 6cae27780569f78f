"""What is lost or doubled when endpoints fail and when we are killed: W3, W4, W6."""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from typing import Final

from bench.callbacks.harness import Harness, harness
from bench.callbacks.plan import APPS, Plan, calm, remark, tell_paced
from paymesh_local import kafka
from paymesh_local.paths import REPOSITORY

FAILING_ONE_IN: Final = 10
DRAIN_LIMIT_S: Final = 120
STRAGGLERS_S: Final = 60
GUARDING: Final = "bench.callbacks.guard"


async def failing_for_a_while(here: Harness, plan: Plan) -> None:
    """W3: a tenth of the endpoints answers 500 for ten seconds, then recovers."""
    await calm(here)
    failing = set(APPS[: len(APPS) // FAILING_ONE_IN])
    here.servers.failing = failing
    ids = await tell_paced(here, plan.seconds, APPS)
    here.servers.failing = set()
    recovered_at = time.perf_counter()
    missing = await here.servers.all_of(ids, DRAIN_LIMIT_S)
    drained_s = max(here.servers.arrived[one] for one in ids if one in here.servers.arrived)
    doubles = here.servers.doubles(ids)
    attempts = await here.value(ATTEMPTS, ids)
    most = await here.value(MOST_ATTEMPTS, ids)
    plan.say(
        "W3 drained after recovery",
        f"{max(0.0, drained_s - recovered_at):.0f} s, {missing} missing",
        bar=f"all in {DRAIN_LIMIT_S} s",
        is_met=missing == 0,
    )
    plan.say("W3 doubled ids", f"{doubles}", bar="0", is_met=doubles == 0)
    remark(f"W3 attempts: {attempts} for {len(ids)} callbacks, at most {most} for one")


async def killed_and_restarted(idle: Harness, plan: Plan) -> None:
    """W4: kill -9 of the notifier twice, database and broker restarted once, under traffic.

    In a world of its own, with a broker that remembers what it had.
    """
    await idle.stop_notifier()
    has_kafka = kafka.missing() is None
    if not has_kafka:
        remark(f"W4 without a restart of the broker: {kafka.missing()}")
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(harness(real_kafka=has_kafka))
        await calm(here)
        ids, in_flight = list[str](), 0
        for _turn in range(2):
            ids += await tell_paced(here, plan.seconds / 2, APPS)
            await here.stop_notifier(grace_s=0)
            in_flight += await here.value(LEASED)
            await here.start_notifier()
        async with asyncio.TaskGroup() as group:
            produced = group.create_task(tell_paced(here, plan.seconds, APPS))
            await asyncio.sleep(plan.seconds / 4)
            await here.restart_database()
            await asyncio.sleep(plan.seconds / 4)
            if has_kafka:
                await here.restart_broker()
        ids += produced.result()
        missing = await here.servers.all_of(ids, STRAGGLERS_S)
        doubles = here.servers.doubles(ids)
    plan.say(
        "W4 lost", f"{missing} of {len(ids)}", bar=f"0 in {STRAGGLERS_S} s", is_met=not missing
    )
    plan.say(
        "W4 doubles", f"{doubles}", bar=f"≤ {in_flight} in flight", is_met=doubles <= in_flight
    )


async def guarded(_here: Harness, plan: Plan) -> None:
    """W6: every way in which an address of ours can be written, and names that turn private."""
    measuring = await asyncio.create_subprocess_exec(
        sys.executable, "-m", GUARDING, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await measuring.communicate()
    seen = json.loads(output)
    is_met = seen["blocked"] == seen["tried"] and seen["reached"] == 0
    text = f"{seen['blocked']} of {seen['tried']} blocked"
    plan.say("W6 ways inside", text, bar="all, 0 connections", is_met=is_met)
    remark(f"W6 {seen['rebinding']} of them by names that turn private after a check")


ATTEMPTS: Final = """
select count(*) from attempt join delivery using (delivery_id, day) where event_id = any($1)
"""

MOST_ATTEMPTS: Final = """
select max(tries) from (
    select count(*) as tries from attempt join delivery using (delivery_id, day)
    where event_id = any($1) group by delivery_id) counted
"""

LEASED: Final = "select count(*) from due where lease_until is not null"
