"""Starts a stack of its own, loads it, loads the floor on the same parts, and prints both."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import psutil

from bench import guards
from bench.cpu import seconds_of, spent
from bench.load import (
    App,
    Client,
    Figures,
    Receiver,
    creates,
    payments,
    percentile_ms,
)
from bench.payments import floor
from paymesh_local.ports import any_free, free_base

START_LIMIT_S: Final = 120
STOP_LIMIT_S: Final = 30
WARM_UP_S: Final = 3.0
SERVICES: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float
    concurrency: int


def main(plan: Plan) -> None:
    real = asyncio.run(measure_both(plan))
    print(f"\n{guards.measured().line(ours_ms(real))}")


async def measure_both(plan: Plan) -> Figures:
    """Prints both sides; answers ours of complete payments."""
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-") as folder:
        async with stack(Path(folder)) as demo, Receiver(any_free()) as receiver:
            print(f"closed loop, {plan.concurrency} in flight, {plan.seconds:.0f} s a run\n")
            real = await measure_real(plan, demo, receiver)
            bare = await measure_floor(plan, demo, receiver)
            report(real, bare)
    return real[0]


@asynccontextmanager
async def stack(folder: Path) -> AsyncIterator[dict[str, Any]]:
    """The whole of Paymesh in a folder and on ports of its own; yields its demo.json."""
    environment = {
        **os.environ,
        "PAYMESH_LOCAL_DIR": str(folder),
        "PAYMESH_PORT_BASE": str(free_base()),
        "PAYMESH_DEMO": "0",
    }
    print("starting a stack …", flush=True)
    with (folder / "run.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "paymesh_local", env=environment, stdout=log, stderr=log
        )
    try:
        yield await demo_of(folder, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), STOP_LIMIT_S)


async def demo_of(folder: Path, process: asyncio.subprocess.Process) -> dict[str, Any]:
    path = folder / "demo.json"
    for _ in range(START_LIMIT_S * 10):
        if process.returncode is not None:
            raise SystemExit((folder / "run.log").read_text())
        if path.exists():
            demo: dict[str, Any] = json.loads(path.read_text())
            demo["pids"] = {**demo["pids"], **machinery_of(process.pid)}
            return demo
        await asyncio.sleep(0.1)
    raise SystemExit("the stack did not start:\n" + (folder / "run.log").read_text())


def machinery_of(runner_pid: int) -> dict[str, int]:
    """PostgreSQL and the broker, which demo.json does not name, among the runner's children."""
    found = {}
    for child in psutil.Process(runner_pid).children(recursive=True):
        command = " ".join(child.cmdline())
        if "postgres" in child.name() and " -D " in f"{command} ":
            found["postgresql"] = child.pid
        elif "paymesh_local.broker" in command:
            found["broker"] = child.pid
    return found


async def measure_real(plan: Plan, demo: dict[str, Any], receiver: Receiver) -> list[Figures]:
    app = App(
        demo["app"]["app_id"],
        demo["app"]["key_id"],
        demo["app"]["secret"],
        demo["merchant_id"],
        demo["payment_ids"]["wechat"],
    )
    return await measure(plan, demo, demo["gateway_url"], demo["pids"], app, receiver)


async def measure_floor(plan: Plan, demo: dict[str, Any], receiver: Receiver) -> list[Figures]:
    database = demo["database_urls"]["trade_core"]
    connection = await asyncpg.connect(database)
    await connection.execute(floor.SCHEMA)
    await connection.close()
    front_port, core_port, teller_port = any_free(), any_free(), any_free()
    settings = {
        "secret": "floor",
        "wechat": demo["sandbox"]["wechat"],
        "kafka": demo["kafka_bootstrap"],
        "database": database,
        "core_url": f"http://127.0.0.1:{core_port}/",
        "front_port": front_port,
        "core_port": core_port,
        "teller_port": teller_port,
    }
    environment = {**os.environ, "FLOOR": json.dumps(settings)}
    processes = {
        part: await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.payments.floor", part, env=environment
        )
        for part in floor.PARTS
    }
    try:
        for port in (front_port, core_port, teller_port):
            await listening(port)
        pids = {f"floor {part}": process.pid for part, process in processes.items()}
        shared = {name: demo["pids"][name] for name in ("sandbox", "postgresql", "broker")}
        app = App("A", "K", "floor", "M", "C")
        url = f"http://127.0.0.1:{front_port}"
        return await measure(plan, demo, url, {**pids, **shared}, app, receiver)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            await asyncio.wait_for(process.wait(), STOP_LIMIT_S)


async def listening(port: int) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit(f"nothing listens on port {port}")


async def measure(
    plan: Plan,
    demo: dict[str, Any],
    url: str,
    pids: dict[str, int],
    app: App,
    receiver: Receiver,
) -> list[Figures]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        client = Client(url, app, session)

        async def run(figures: Figures, *, pay: bool, seconds: float) -> Figures:
            await session.post(demo["sandbox_url"] + "/_control/settings", json={"auto_pay": pay})
            everyone = {**pids, "load (apps)": os.getpid()}
            before = seconds_of(everyone)
            if pay:
                await payments(
                    figures, client, receiver, seconds=seconds, concurrency=plan.concurrency
                )
            else:
                await creates(figures, client, seconds=seconds, concurrency=plan.concurrency)
            figures.cpu_s = spent(before, seconds_of(everyone))
            return figures

        await run(Figures("warm-up"), pay=True, seconds=WARM_UP_S)
        complete = await run(Figures("complete payments"), pay=True, seconds=plan.seconds)
        alone = await run(Figures("creates alone"), pay=False, seconds=plan.seconds)
        return [complete, alone]


def report(real: list[Figures], bare: list[Figures]) -> None:
    header = ("", "/s", "answer p50", "p99", "callback p50", "p99", "refused", "lost")
    print("{:<28}{:>8}{:>12}{:>9}{:>14}{:>9}{:>9}{:>6}".format(*header))
    for side, runs in (("Paymesh", real), ("floor", bare)):
        for figures in runs:
            print(line(side, figures))
    for ours, floors in zip(real, bare, strict=True):
        rate, floor_rate = ours.per_second(ours.answered), floors.per_second(floors.answered)
        if ours.completed:
            rate, floor_rate = (f.per_second(f.completed) for f in (ours, floors))
        print(f"\nratio to the floor, {ours.name}: {rate / floor_rate:.2f}")
        for side, figures in (("Paymesh", ours), ("floor", floors)):
            count = max(1, len(figures.completed or figures.answered))
            parts = ", ".join(
                f"{name} {1000 * cpu_s / count:.2f}" for name, cpu_s in figures.cpu_s.items()
            )
            total = 1000 * sum(figures.cpu_s.values()) / count
            print(f"  CPU ms a payment, {side}: {total:.2f} = {parts}")


def ours_ms(figures: Figures) -> float:
    """CPU a payment of our five services alone."""
    cpu_s = sum(figures.cpu_s[name] for name in SERVICES)
    return 1000 * cpu_s / max(1, len(figures.completed or figures.answered))


def line(side: str, figures: Figures) -> str:
    done = figures.completed or figures.answered
    return (
        f"{side + ', ' + figures.name:<28}{figures.per_second(done):>8.0f}"
        f"{percentile_ms(figures.answered, 50):>9.1f} ms"
        f"{percentile_ms(figures.answered, 99):>6.0f} ms"
        f"{percentile_ms(figures.completed, 50):>11.1f} ms"
        f"{percentile_ms(figures.completed, 99):>6.0f} ms"
        f"{figures.refused:>9}{figures.lost:>6}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="length of each run")
    parser.add_argument("--concurrency", type=int, default=64, help="requests in flight")
    given = parser.parse_args()
    main(Plan(given.seconds, given.concurrency))
