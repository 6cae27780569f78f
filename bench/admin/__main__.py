"""`make bench-admin`: how long people wait where five million orders were projected.

One replica of merchant-admin on real PostgreSQL, warm, one reader. Each figure has its bar; the
exit status is the number of those that missed theirs.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from tempfile import TemporaryFile
from typing import IO, Final
from zipfile import ZipFile

import psutil

from bench.admin import history
from bench.admin.harness import Harness, harness
from foundation.money_text import BEIJING

ROWS_PER_S: Final = 20_000
MORE_MEMORY_MB: Final = 64
EXPORTED: Final = 50_000
SAMPLE_S: Final = 0.02
WARMING: Final = 5


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for, and in how many milliseconds 95 of 100 must be there."""

    name: str
    paths: tuple[str, ...]
    bar_ms: float


def pages(orders: int) -> list[Page]:
    some = [orders * part // 40 or 1 for part in range(1, 40)]
    numbers = tuple(f"/api/orders?number={history.order_no(n)}" for n in some)
    typed = tuple(f"/console/search?q={history.order_no(n).lower()}" for n in some)
    ours = tuple(f"/api/payments?number=P00{n:024d}" for n in some)
    orders_listed = ("/console/orders", "/console/orders?state=closed")
    payments_listed = ("/console/payments", "/console/payments?channel=alipay")
    of_merchant = tuple(f"/console/{it}?merchant_id=M7" for it in ("orders", "refunds"))
    return [
        Page("search by the app's number", numbers, 50),
        Page("search by our number", ours, 50),
        Page("search box", typed, 50),
        Page("list of orders", orders_listed, 150),
        Page("list of payments", payments_listed, 150),
        Page("list of a merchant", of_merchant, 150),
        Page(f"order page, {history.EVENTS} rows", (f"/console/orders/{history.LONG_ORDER}",), 200),
        Page("home", ("/console",), 300),
        Page("report of a week", ("/console/reports",), 300),
    ]


async def main(orders: int, rounds: int) -> int:
    """How many figures missed their bar."""
    print(f"   making {orders:,} projected orders …", flush=True)
    async with harness(orders) as here:
        print(f"   made in {here.made_s:.0f} s", flush=True)
        missed = [await read(here, page, rounds) for page in pages(orders)]
        missed += [await export(here, kind, orders) for kind in ("csv", "xlsx")]
    return sum(missed)


async def read(here: Harness, page: Page, rounds: int) -> bool:
    paths: Iterator[str] = cycle(page.paths)
    for _ in range(WARMING):
        await _get(here, next(paths))
    times = [await _get(here, next(paths)) for _ in range(rounds)]
    p95 = statistics.quantiles(times, n=20)[-1]
    median = statistics.median(times)
    line = f"{page.name}: p95 {p95:.0f} ms, median {median:.0f} (≤ {page.bar_ms:.0f})"
    return _tell(line, p95 <= page.bar_ms)


async def _get(here: Harness, path: str) -> float:
    begun = time.perf_counter()
    answer = await here.http.get(path)
    took_ms = (time.perf_counter() - begun) * 1000
    # The search box leads straight to an exact hit.
    is_hit = answer.headers.get("location", "").startswith("/console/orders/")
    if answer.status_code != 200 and not is_hit:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
    return took_ms


async def export(here: Harness, kind: str, orders: int) -> bool:
    """About as many payments as are streamed at once, thrown away as they come; the memory of the
    service is sampled meanwhile."""
    query = {"format": kind, "from": _day_since(orders)}
    process = psutil.Process(here.admin.pid)
    before = process.memory_info().rss
    sampling = asyncio.create_task(_most_memory(process))
    begun, lines = time.perf_counter(), 0
    with TemporaryFile() as file:
        async with here.http.stream("GET", "/console/exports/payments", params=query) as answer:
            if answer.status_code != 200:
                raise RuntimeError(f"export: {answer.status_code}")
            async for chunk in answer.aiter_bytes():
                file.write(chunk)
        seconds = time.perf_counter() - begun
        sampling.cancel()
        lines = _rows(file, kind)
    more_mb = (max(_seen) - before) / 2**20
    line = f"export {kind}: {lines / seconds:,.0f} rows/s of {lines:,}, {more_mb:.0f} MB more"
    bars = f" (≥ {ROWS_PER_S:,}, ≤ {MORE_MEMORY_MB})"
    return _tell(line + bars, lines / seconds >= ROWS_PER_S and more_mb <= MORE_MEMORY_MB)


_seen: list[int] = []


async def _most_memory(process: psutil.Process) -> None:
    _seen.clear()
    while True:
        _seen.append(process.memory_info().rss)
        await asyncio.sleep(SAMPLE_S)


def _day_since(orders: int) -> str:
    """From when on there are a little fewer payments than are streamed."""
    days = max(1, int(365 * EXPORTED * 0.95 / orders))
    return f"{datetime.now(BEIJING).date() - timedelta(days - 1)}"


def _rows(file: IO[bytes], kind: str) -> int:
    file.seek(0)
    if kind == "csv":
        return sum(chunk.count(b"\n") for chunk in file) - 1
    with ZipFile(file) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        return sum(chunk.count(b"</row>") for chunk in iter(lambda: sheet.read(2**20), b"")) - 1


def _tell(line: str, is_reached: bool) -> bool:
    """Whether it missed its bar."""
    print(f" {'✓' if is_reached else '✗'} {line}", flush=True)
    return not is_reached


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-admin", description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=40, help="readings of each page")
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.orders, options.rounds)))
