"""`make bench-cashier`: what the page weighs, when it is seen, how many a second, and what idle
watchers cost.

One replica, beside a gateway that answers at once. Bars: a first load of 60 kB; the first text
after a second at 400 kbit/s, 400 ms of latency and a CPU four times slower; 10,000 idle streams in
1 GB, with 50 reads of the gateway a second at most.
"""

import argparse
import asyncio
import statistics
import sys
import time
from typing import Final
from urllib.parse import urlsplit

import httpx
import psutil

from bench.cashier.harness import Harness, harness, token
from bench.cashier.paint import CHROMIUM, first_paints_ms
from bench.cpu import seconds_of, spent

ASSETS: Final = ("cashier.js", "icon.svg")
"""Beside the page, which has its style in itself."""
MAX_PAGE_BYTES: Final = 60_000
MAX_PAINT_MS: Final = 1_000
MAX_MEMORY_MB: Final = 1_000
MAX_READS_PER_S: Final = 50
IN_FLIGHT: Final = 32
OPENING_AT_ONCE: Final = 100
PHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Mobile Safari/604.1"


async def main(streams: int, seconds: float) -> int:
    """How many figures missed their bar."""
    async with harness() as here:
        missed = [
            await weigh(here),
            await paint(here),
            await serve(here, seconds),
            await watch(here, streams, seconds),
        ]
    return sum(missed)


async def weigh(here: Harness) -> bool:
    """As it comes over the network."""
    async with _client(here) as client:
        page = await client.get(f"/pay/{token()}")
        sizes = {"page": page.num_bytes_downloaded}
        for name in ASSETS:
            sizes[name] = (await client.get(f"/static/{name}")).num_bytes_downloaded
    total = sum(sizes.values())
    parts = ", ".join(f"{name} {size}" for name, size in sizes.items())
    return _tell(f"first load {total} bytes ({parts})", total <= MAX_PAGE_BYTES)


async def paint(here: Harness) -> bool:
    """The median of a few visits; left out where there is no browser."""
    if CHROMIUM is None:
        return _tell("first text: not measured, there is no chromium", True)
    paints = await first_paints_ms(here, PHONE)
    median = statistics.median(paints)
    words = f"first text after {median:.0f} ms ({paints[0]:.0f}–{paints[-1]:.0f}) on a slow phone"
    return _tell(words, median <= MAX_PAINT_MS)


async def serve(here: Harness, seconds: float) -> bool:
    """Pages a second with a few payers at once; no bar, it depends on the machine."""
    served, until = 0, time.perf_counter() + seconds
    before = seconds_of({"cashier": here.cashier.pid})

    async def load(client: httpx.AsyncClient) -> None:
        nonlocal served
        while time.perf_counter() < until:
            (await client.get(f"/pay/{token()}")).raise_for_status()
            served += 1

    async with _client(here) as client:
        await asyncio.gather(*(load(client) for _ in range(IN_FLIGHT)))
    cpu = spent(before, seconds_of({"cashier": here.cashier.pid}))["cashier"]
    return _tell(f"{served / seconds:.0f} pages/s, {1000 * cpu / served:.2f} ms of CPU each", True)


async def watch(here: Harness, count: int, seconds: float) -> bool:
    """Streams of as many orders, each from an address of its own."""
    process, places = psutil.Process(here.cashier.pid), asyncio.Semaphore(OPENING_AT_ONCE)
    empty = process.memory_info().rss
    opened = await asyncio.gather(*(_open(here, number, places) for number in range(count)))
    try:
        reads, before = here.gateway.reads, seconds_of({"cashier": here.cashier.pid})
        await asyncio.sleep(seconds)
        reads_per_s = (here.gateway.reads - reads) / seconds
        cpu = spent(before, seconds_of({"cashier": here.cashier.pid}))["cashier"]
        memory = process.memory_info().rss
    finally:
        for writer in opened:
            writer.close()
    words = (
        f"{count} idle streams: {memory / 1e6:.0f} MB ({(memory - empty) / count / 1e3:.1f} kB "
        f"each), {reads_per_s:.1f} reads/s, {100 * cpu / seconds:.0f} % of a core"
    )
    is_met = memory / 1e6 <= MAX_MEMORY_MB and reads_per_s <= MAX_READS_PER_S
    return _tell(words, is_met)


async def _open(here: Harness, number: int, places: asyncio.Semaphore) -> asyncio.StreamWriter:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    parts = urlsplit(here.url)
    async with places:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = (
            f"GET /pay/{token()}/events HTTP/1.1\r\nHost: cashier\r\n"
            f"X-Forwarded-For: {address}\r\nUser-Agent: {PHONE}\r\n\r\n"
        )
        writer.write(head.encode())
        await reader.readuntil(b"event: status")
    return writer


def _client(here: Harness) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=here.url, trust_env=False, headers={"User-Agent": PHONE}, timeout=30
    )


def _tell(words: str, is_met: bool) -> bool:
    sys.stdout.write(f"{'  ' if is_met else '✗ '}{words}\n")
    return not is_met


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-cashier", description=__doc__)
    parser.add_argument("--streams", type=int, default=10_000, help="that are watched at once")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run")
    given = parser.parse_args()
    sys.exit(1 if asyncio.run(main(given.streams, given.seconds)) else 0)
