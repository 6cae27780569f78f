"""Loads Paymesh, the floor and stock choices by turns on the same parts, and prints them beside
each other: `make bench`. With `README=1` the table goes into both READMEs, too."""

import argparse
import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg

from bench import guards
from bench.cpu import seconds_of, spent
from bench.load import Client, Figures, Receiver, creates, payments
from bench.payments import pace, readme, table
from bench.payments.compared import PAYMESH, STOCK, Side, others, paymesh
from bench.payments.stack import SERVICES, stack
from bench.payments.table import Measured, Results
from paymesh_local.ports import any_free

WARM_UP_S: Final = 3.0
SETTLE_S: Final = 1.5
"""What a run leaves behind is written before the next begins."""

ROUNDS: Final = 4
"""Short ones by turns: what else the machine does comes and goes in seconds."""

PACED_TURNS: Final = 2
IDLE_SETTLE_S: Final = 15.0
"""Until then deliveries, the read model and the first looks at what is due are done with."""

NOBODY_ASKS: Final = "update due_work set due_at = due_at + interval '1 day'"
"""Of the creates alone nobody ever pays: or we would ask about them while others are measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float
    concurrency: int
    idle_s: float
    half_load_s: float


def main(plan: Plan, *, into_readmes: bool) -> None:
    machine = readme.machine()  # As busy as it is before we load it.
    results = asyncio.run(_measured(plan))
    print(f"\n{table.text(results)}\n\n{machine}")
    print(guards.measured().line(results.sides[PAYMESH].programs_ms))
    if into_readmes:
        readme.write(table.rows(results), machine)


async def _measured(plan: Plan) -> Results:
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-") as folder:
        async with (
            stack(Path(folder)) as demo,
            Receiver(any_free()) as receiver,
            _session() as session,
            others(demo) as beside,
        ):
            bench = _Bench(plan, demo, receiver, session, [paymesh(demo), *beside])
            return await bench.run()


def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=60)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)


class _Bench:
    """All the runs of one comparison, the sides by turns, so that what disturbs disturbs all."""

    def __init__(
        self,
        plan: Plan,
        demo: dict[str, Any],
        receiver: Receiver,
        session: aiohttp.ClientSession,
        sides: list[Side],
    ) -> None:
        self._plan = plan
        self._demo = demo
        self._receiver = receiver
        self._session = session
        self._sides = sides
        self._measured = {side.name: Measured(side.programs) for side in sides}

    async def run(self) -> Results:
        plan = self._plan
        print(f"{plan.concurrency} in flight, {ROUNDS} runs of {plan.seconds:.0f} s each")
        await self._auto_pay(True)
        for side in self._sides:
            await self._complete(side, Figures("warm-up"), WARM_UP_S)
        for turn in range(ROUNDS):
            for side in self._at_turn(turn):
                await self._complete(side, self._measured[side.name].complete, plan.seconds)
        idle = await self._idle_percent()
        await self._auto_pay(False)
        for turn in range(ROUNDS):
            for side in self._at_turn(turn):
                await self._alone(side, self._measured[side.name].alone)
        ours = self._measured[PAYMESH].alone
        half = ours.per_second(ours.answered) / 2
        for turn in range(PACED_TURNS):
            for side in self._at_turn(turn):
                alone = self._measured[side.name].alone
                if alone.per_second(alone.answered) > half:  # A queue that grows says nothing.
                    waited = await self._at_half_load(side, half)
                    self._measured[side.name].at_half_load += waited
        channel = await pace.channel_calls(
            self._demo["sandbox"]["wechat"],
            self._session,
            per_second=half,
            seconds=plan.half_load_s,
        )
        return Results(self._measured, channel, half, idle)

    def _at_turn(self, turn: int) -> list[Side]:
        """Stock choices at every other turn: what they have in flight ends late."""
        return [side for side in self._sides if side.name != STOCK or turn % 2 == 0]

    async def _complete(self, side: Side, figures: Figures, seconds: float) -> None:
        client, concurrency = Client(side.url, side.app, self._session), self._plan.concurrency
        run = Figures(figures.name)
        before = seconds_of(_everyone(side))
        await payments(run, client, self._receiver, seconds=seconds, concurrency=concurrency)
        await asyncio.sleep(SETTLE_S)
        run.cpu_s = spent(before, seconds_of(_everyone(side)))
        _add(figures, run)
        _say(side, run, run.completed)

    async def _alone(self, side: Side, figures: Figures) -> None:
        client, plan = Client(side.url, side.app, self._session), self._plan
        run = Figures(figures.name)
        await creates(run, client, seconds=plan.seconds, concurrency=plan.concurrency)
        await self._forget()
        _add(figures, run)
        _say(side, run, run.answered)

    async def _at_half_load(self, side: Side, per_second: float) -> list[float]:
        client = Client(side.url, side.app, self._session)
        waited = await pace.creates(client, per_second=per_second, seconds=self._plan.half_load_s)
        await self._forget()
        return waited

    async def _forget(self) -> None:
        await asyncio.sleep(SETTLE_S)
        connection = await asyncpg.connect(self._demo["database_urls"]["trade_core"])
        await connection.execute(NOBODY_ASKS)
        await connection.close()

    async def _idle_percent(self) -> dict[str, float]:
        """Of a core, by service, when the load is over."""
        await asyncio.sleep(IDLE_SETTLE_S)
        pids = {name: self._demo["pids"][name] for name in SERVICES}
        before = seconds_of(pids)
        await asyncio.sleep(self._plan.idle_s)
        used = spent(before, seconds_of(pids))
        return {name: 100 * cpu_s / self._plan.idle_s for name, cpu_s in used.items()}

    async def _auto_pay(self, pays: bool) -> None:
        url = self._demo["sandbox_url"] + "/_control/settings"
        await self._session.post(url, json={"auto_pay": pays})


def _everyone(side: Side) -> dict[str, int]:
    return {**side.pids, "load (apps)": os.getpid()}


def _add(whole: Figures, run: Figures) -> None:
    whole.seconds += run.seconds
    whole.answered += run.answered
    whole.completed += run.completed
    whole.refused += run.refused
    whole.lost += run.lost
    for name, cpu_s in run.cpu_s.items():
        whole.cpu_s[name] = whole.cpu_s.get(name, 0.0) + cpu_s


def _say(side: Side, run: Figures, done: list[float]) -> None:
    wrong = f", {run.refused} refused, {run.lost} lost" if run.refused or run.lost else ""
    print(f"  {side.name}, {run.name}: {run.per_second(done):.0f}/s{wrong}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="length of each run")
    parser.add_argument("--concurrency", type=int, default=64, help="requests in flight")
    parser.add_argument("--idle", type=float, default=20, help="how long nothing happens")
    # Shorter than the five seconds after which we ask about what nobody pays: the floor never asks.
    parser.add_argument("--half-load", type=float, default=4, help="length of the paced runs")
    parser.add_argument("--readme", action="store_true", help="write the table into the READMEs")
    given = parser.parse_args()
    chosen = Plan(given.seconds, given.concurrency, given.idle, given.half_load)
    main(chosen, into_readmes=given.readme)
