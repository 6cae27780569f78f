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
from bench.callbacks.plan import (
    APPS,
    AT_A_TIME,
    ENDPOINTS,
    RATE_PER_S,
    Plan,
    percentile,
    remark,
)
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


async def main(plan: Plan, chosen: Collection[str], *, real_kafka: bool) -> int:
    """How many figures missed their bar."""
    logs.configure("bench", "CRITICAL")  # The trouble is made on purpose; figures tell.
    async with harness(real_kafka=real_kafka) as here:
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
        "--seconds", str(plan.seconds),
    )  # fmt: skip
    await child.wait()


async def post_all(url: str, count: int, seconds: float) -> None:
    """The floor's process: no database, no signature, no retry. First `count` as fast as they go,
    then `seconds` at the pace of W1, whose p99 holds what this machine adds by itself."""
    body = b"x" * BODY_BYTES
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post(number: int) -> float:
            """How many ms it took."""
            start = time.perf_counter()
            headers = {"webhook-id": f"floor-{number}"}
            address = f"{url}/{APPS[number % ENDPOINTS]}"
            async with session.post(address, data=body, headers=headers) as response:
                await response.read()
            return 1000 * (time.perf_counter() - start)

        left = iter(range(count))

        async def post_on() -> None:
            for number in left:
                await post(number)

        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(post_on() for _ in range(FLOOR_IN_FLIGHT)))
        rate = count / (time.perf_counter() - start)
        cpu_ms = 1e6 * (time.process_time() - cpu) / count
        took_ms = await _paced(post, seconds)
    remark(f"floor: aiohttp from memory {rate:.0f}/s, CPU ms per 1,000: {cpu_ms:.0f}")
    p99, p50 = percentile(took_ms, 99), percentile(took_ms, 50)
    remark(f"floor: a post by itself at {RATE_PER_S}/s p99 {p99:.0f} ms (p50 {p50:.0f})")


async def _paced(post: Callable[[int], Awaitable[float]], seconds: float) -> list[float]:
    """Ten at a time, as W1's are told; in order of how long they took."""
    pause_s, start, posting = AT_A_TIME / RATE_PER_S, time.perf_counter(), list[Awaitable[float]]()
    for turn in range(int(seconds / pause_s)):
        numbers = range(AT_A_TIME * turn, AT_A_TIME * (turn + 1))
        posting += [asyncio.ensure_future(post(number)) for number in numbers]
        await asyncio.sleep(max(0.0, start + (turn + 1) * pause_s - time.perf_counter()))
    return sorted(await asyncio.gather(*posting))


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
    parser.add_argument("--kafka", action="store_true", help="instead of the embedded broker")
    parser.add_argument("--floor", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.floor:
        asyncio.run(post_all(given.floor, given.events, given.seconds))
    else:
        plan = Plan(given.events, given.seconds, given.pending)
        failed = asyncio.run(main(plan, given.only, real_kafka=given.kafka))
        sys.exit(1 if failed else 0)
