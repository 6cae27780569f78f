"""What is compared: Paymesh, the floor, and stock choices, each with its programs and its app."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from bench.load import App
from bench.payments import floor, stock
from bench.payments.floor_rows import SCHEMA
from bench.payments.stack import SERVICES, SHARED, STOP_LIMIT_S
from paymesh_local.ports import any_free

PAYMESH: Final = "Paymesh"
FLOOR: Final = "floor"
STOCK: Final = "stock"
PARTS: Final = ("front", "core", "teller")
APP_KEY: Final = "floor"
LISTEN_LIMIT_S: Final = 90


@dataclass(frozen=True, slots=True)
class Side:
    """`pids`: its own programs, what all share, and the sandbox; `programs`: the names of its
    own."""

    name: str
    url: str
    app: App
    pids: Mapping[str, int]
    programs: tuple[str, ...]


def paymesh(demo: dict[str, Any]) -> Side:
    app = App(
        demo["app"]["app_id"],
        demo["app"]["key_id"],
        demo["app"]["secret"],
        demo["merchant_id"],
        demo["payment_ids"]["wechat"],
    )
    return Side(PAYMESH, demo["gateway_url"], app, demo["pids"], SERVICES)


@asynccontextmanager
async def others(demo: dict[str, Any]) -> AsyncIterator[list[Side]]:
    """The floor and the stock choices, on the parts of the stack."""
    async with (
        _started(FLOOR, floor.__name__, SCHEMA, demo) as bare,
        _started(STOCK, stock.__name__, stock.SCHEMA, demo) as usual,
    ):
        yield [bare, usual]


@asynccontextmanager
async def _started(
    name: str, module: str, schema: str, demo: dict[str, Any]
) -> AsyncIterator[Side]:
    database = demo["database_urls"]["trade_core"]
    connection = await asyncpg.connect(database)
    await connection.execute(schema)
    await connection.close()
    ports = {part: any_free() for part in PARTS}
    settings = {
        "secret": APP_KEY,
        "wechat": demo["sandbox"]["wechat"],
        "kafka": demo["kafka_bootstrap"],
        "database": database,
        "core_url": f"http://127.0.0.1:{ports['core']}/",
        **{f"{part}_port": port for part, port in ports.items()},
    }
    environment = {**os.environ, "BENCH_PART": json.dumps(settings)}
    processes = {
        part: await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, part, env=environment
        )
        for part in PARTS
    }
    try:
        for port in ports.values():
            await _listening(port)
        shared = {each: demo["pids"][each] for each in (*SHARED, "sandbox")}
        own = {part: process.pid for part, process in processes.items()}
        app = App("A", "K", APP_KEY, "M", "C")
        yield Side(name, f"http://127.0.0.1:{ports['front']}", app, {**own, **shared}, PARTS)
    finally:
        for process in processes.values():
            if process.returncode is None:
                process.terminate()
        for process in processes.values():
            await asyncio.wait_for(process.wait(), STOP_LIMIT_S)


async def _listening(port: int) -> None:
    for _ in range(LISTEN_LIMIT_S * 10):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit(f"nothing listens on port {port}")
