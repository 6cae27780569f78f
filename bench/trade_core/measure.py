"""How fast trade-core is by itself, and what its past costs it.

`make bench-core` starts PostgreSQL and a trade-core that serves, and then this program, which
calls the same flows itself.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvloop

from bench.cpu import Others
from bench.trade_core import history, reads
from bench.trade_core.bare_inserts import Bare
from bench.trade_core.life import Life
from bench.trade_core.served import Served
from bench.trade_core.tally import Meter, Tally
from chassis import logs
from chassis.database import Database
from chassis.web import collect_rarely

CONNECTIONS: Final = 10
"""Of the service's pool, and of pgbench."""

CREATES_BAR: Final = 0.5
RESULTS_BAR: Final = 5_000
PAST_BAR: Final = 1.1
READ_BAR_S: Final = 0.05

PAST: Final = ", with the past"


@dataclass(slots=True)
class Turns:
    """What each part measured in each of its turns, by its name. The parts take turns, so that
    whatever else the machine does befalls all alike, and the middle turn counts."""

    of: dict[str, list[Tally]] = field(default_factory=dict)

    def add(self, name: str, tally: Tally) -> None:
        self.of.setdefault(name, []).append(tally)

    def rate(self, name: str) -> float:
        return median(tally.per_second for tally in self.of[name])

    def ratio(self, name: str, other: str) -> float:
        """How many times as fast as the other, in the middle round."""
        pairs = zip(self.of[name], self.of[other], strict=True)
        return median(one.per_second / beside.per_second for one, beside in pairs)

    def total(self, name: str) -> Tally:
        total = Tally()
        for tally in self.of[name]:
            total += tally
        return total


async def main(plan: dict[str, Any]) -> bool:
    """Whether every bar was met."""
    collect_rarely()  # as the service does
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile("w") as unread:
        with contextlib.redirect_stdout(unread):
            logs.configure("trade-core", "info")  # written as in life, and nobody reads it
        async with connected(plan, "young") as young, connected(plan, "old") as old:
            bare = await prepared(plan, young, Path(name))
            print(f"{plan['in_flight']} in flight, {CONNECTIONS} connections, fsync on\n")
            others = Others(plan["pids"])
            turns = await measure(plan, bare, young, old)
            is_met = report(turns, plan["old_orders"])
            if plan["old_orders"]:
                is_met &= await read(plan, old)
            print(f"\n{others.in_words()}")
        await served(plan)
        return is_met


@asynccontextmanager
async def connected(plan: dict[str, Any], name: str) -> AsyncIterator[Life]:
    url = plan["urls"][name]
    db = await Database.connect(url, application_name="bench", max_size=CONNECTIONS)
    try:
        yield Life(db, Meter(plan["pids"]["postgresql"]))
    finally:
        await db.close()


async def prepared(plan: dict[str, Any], young: Life, folder: Path) -> Bare:
    """The past is made, and the pattern of the bare inserts."""
    if plan["old_orders"]:
        took_s = await history.make(plan["superuser_url"], plan["old_orders"])
        print(f"   {plan['old_orders']:,} old orders made in {took_s:.0f} s")
    await young.create(0, 1)
    bare = Bare(plan["urls"]["young"], CONNECTIONS, folder)
    await bare.prepare(young.db, young.opened[0])
    return bare


async def measure(plan: dict[str, Any], bare: Bare, young: Life, old: Life) -> Turns:
    """The first round is for warming up. Young and old take turns in being first."""
    turns, seconds = Turns(), plan["seconds"]
    lives = {"": young, PAST: old} if plan["old_orders"] else {"": young}
    for number in range(plan["rounds"] + 1):
        print(f"   round {number} of {plan['rounds']} ", end="\r", flush=True)
        round_ = {
            "bare inserts": await bare.create("apart", seconds=seconds),
            "bare inserts in one statement": await bare.create("together", seconds=seconds),
        }
        for past, life in sorted(lives.items(), reverse=number % 2 == 0):
            round_["creates" + past] = await life.create(seconds, plan["in_flight"])
            waiting, paid = await life.apply()
            round_["results: waits for the payer" + past] = waiting
            round_["results: paid" + past] = paid
            round_["results" + past] = waiting + paid
        if number:
            for name, tally in round_.items():
                turns.add(name, tally)
    return turns


def report(turns: Turns, old_orders: int) -> bool:
    print(f"{'in the middle round':<52}{'/s':>8}   CPU µs each")
    for name in turns.of:
        print(f"{name:<52}{turns.rate(name):>8.0f}   {turns.total(name).cpu_in_words()}")
    print()
    beside, results = turns.ratio("creates", "bare inserts"), turns.rate("results")
    verdicts = [
        judge("creates beside bare inserts", f"× {beside:.2f}", beside >= CREATES_BAR, "≥ × 0.50"),
        judge("results applied", f"{results:.0f}/s", results >= RESULTS_BAR, "≥ 5,000/s"),
    ]
    inner = turns.ratio("creates", "bare inserts in one statement")
    print(f"     beside bare inserts in one statement, which is our own way: × {inner:.2f}")
    if old_orders:
        for name in ("creates", "results"):
            times = turns.ratio(name, name + PAST)
            title = f"time of {name} with {old_orders:,} old orders"
            verdicts.append(judge(title, f"× {times:.2f}", times <= PAST_BAR, "≤ × 1.10"))
    return all(verdicts)


def judge(name: str, figure: str, is_met: bool, bar: str) -> bool:
    print(f"{'PASS' if is_met else 'FAIL'} {name:<44}{figure:>12}   bar {bar}", flush=True)
    return is_met


async def read(plan: dict[str, Any], old: Life) -> bool:
    """The lists of the app that has half of the past."""
    print()
    verdicts = []
    for one in await reads.measure(old.db, plan["pids"]["postgresql"]):
        figure = f"{1e3 * one.p95_s:.1f} ms"
        is_met = one.p95_s <= READ_BAR_S
        verdicts.append(judge(f"p95 of GET /v1/{one.name}", figure, is_met, "≤ 50 ms"))
        slowest, cpu_ms = 1e3 * one.slowest_s, 1e3 * one.cpu_s
        print(f"     slowest: {one.slowest}, {slowest:.1f} ms; PostgreSQL {cpu_ms:.1f} ms a page")
    return all(verdicts)


async def served(plan: dict[str, Any]) -> None:
    """Over internal HTTP, with the load on the same cores: no bar."""
    service = Served(plan["service_url"], plan["service_token"], plan["pids"])
    tally = await service.create(seconds=plan["seconds"], in_flight=plan["in_flight"])
    rate, cpu = tally.per_second, tally.cpu_in_words()
    print(f"\ncreates over internal HTTP: {rate:.0f}/s; CPU µs each: {cpu}")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(not runner.run(main(json.loads(os.environ["BENCH_CORE"]))))
