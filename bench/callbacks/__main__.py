"""`make bench-notifier`: how fast callbacks go out, whom a dead app delays, what a crash loses.

Each figure stands beside its bar; the floor is aiohttp that posts bodies of the same size from
memory to the same servers. `W=W1,W2` chooses.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import aiohttp

from bench.callbacks import failures, speed
from bench.callbacks.harness import BODY_BYTES, Harness, harness
from bench.callbacks.plan import APPS, ENDPOINTS, Plan, remark
from chassis import logs

FLOOR_IN_FLIGHT: Final = 128

SCENARIOS: Final[Mapping[str, Callable[[Harness, Plan], Awaitable[None]]]] = {
    "W1": speed.throughput,
    "W2": speed.beside_a_dead_app,
    "W7": speed.commit_to_delivered,
    "W3": failures.failing_for_a_while,
    "W8": speed.idle,
    "W5": speed.behind_very_many,
    "W6": failures.guarded,
    "W4": failures.killed_and_restarted,
}
"""In the order in which they disturb each other least; W1 finds a notifier that was never up."""


async def main(plan: Plan, chosen: Collection[str]) -> int:
    """How many figures missed their bar."""
    logs.configure("bench", "CRITICAL")  # The trouble is made on purpose; figures tell.
    async with harness() as here:
        for name, scenario in SCENARIOS.items():
            if name in chosen:
                await scenario(here, plan)
                here.servers.hanging = here.servers.failing = set()
        await here.stop_notifier()
        await floor(here, plan)
    return plan.failed


async def floor(here: Harness, plan: Plan) -> None:
    """A process of its own posts the same bodies from memory to the same servers."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.callbacks", "--floor",
        f"http://127.0.0.1:{here.servers.port}", "--events", str(plan.events),
    )  # fmt: skip
    await child.wait()


async def post_all(url: str, count: int) -> None:
    """The floor's process: no database, no signature, no retry."""
    body, left = b"x" * BODY_BYTES, iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post() -> None:
            for number in left:
                headers = {"webhook-id": f"floor-{number}"}
                address = f"{url}/{APPS[number % ENDPOINTS]}"
                async with session.post(address, data=body, headers=headers) as response:
                    await response.read()

        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(post() for _ in range(FLOOR_IN_FLIGHT)))
        rate = count / (time.perf_counter() - start)
        cpu_ms = 1e6 * (time.process_time() - cpu) / count
    remark(f"floor: aiohttp from memory {rate:.0f}/s, CPU ms per 1,000: {cpu_ms:.0f}")


def names(text: str) -> list[str]:
    """As `W1,W2`; nothing means all."""
    chosen = [name.strip().upper() for name in text.split(",") if name.strip()]
    if unknown := set(chosen) - SCENARIOS.keys():
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return chosen or list(SCENARIOS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-notifier", description=__doc__)
    parser.add_argument("--only", type=names, default=names(""), help="W1,W2 …; default all")
    parser.add_argument("--events", type=int, default=20_000, help="of each draining run")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each paced run")
    parser.add_argument("--pending", type=int, default=1_000_000, help="of one app, in W5")
    parser.add_argument("--floor", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.floor:
        asyncio.run(post_all(given.floor, given.events))
    else:
        plan = Plan(given.events, given.seconds, given.pending)
        sys.exit(1 if asyncio.run(main(plan, given.only)) else 0)
