"""What a payment costs in CPU, memory and bytes, of the stack that `make run` started.

`python -m bench.capacity --payments 2000`, with the `PAYMESH_LOCAL_DIR` of that stack, which should
be new: tables are then filled by the payments alone. Each payment is created, paid at once, called
back; the figures of docs/operations/capacity.md come from here.
"""

import argparse
import asyncio
import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaConsumer

from bench import cpu
from contracts import topics
from paymesh_local.callbacks import Callback, CallbackReceiver
from paymesh_local.client import ApiClient, AppCredentials
from paymesh_local.options import Options

SERVICES: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")
IN_FLIGHT: Final = 16
WARM_UP: Final = 200
SETTLE_S: Final = 8.0
"""Until projections, outboxes and results have come to rest."""

QUIET_MS: Final = 3_000
"""A broker that sends nothing for so long has no more."""

TELLING: Final = 20
"""Relations smaller than this many bytes a payment are left out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=2000)
    asyncio.run(_measure(parser.parse_args().payments))


async def _measure(count: int) -> None:
    folder = Options.of_environment().local_dir
    demo = json.loads((folder / "demo.json").read_text())
    pids = {name: demo["pids"][name] for name in SERVICES} | {"postgresql": _postmaster(folder)}
    await _sell(demo, WARM_UP)
    bytes_before, records_before = await _relations(demo), await _records(demo)
    before = cpu.seconds_of(pids)
    await _sell(demo, count)
    spent = cpu.spent(before, cpu.seconds_of(pids))
    bytes_after, records_after = await _relations(demo), await _records(demo)
    for name, seconds in spent.items():
        resident = psutil.Process(pids[name]).memory_info().rss / 2**20
        print(f"{name:32} {seconds / count * 1e3:8.2f} ms a payment {resident:8.0f} MiB")
    print(f"{'all':32} {sum(spent.values()) / count * 1e3:8.2f} ms a payment")
    _print_growth("PostgreSQL", bytes_before, bytes_after, count)
    _print_growth("Kafka, not compressed", records_before, records_after, count)


async def _sell(demo: dict[str, Any], count: int) -> None:
    """Created and paid, `IN_FLIGHT` at a time, and called back."""
    arrived = asyncio.Semaphore(0)

    def count_it(callback: Callback) -> None:
        if callback.type == "payment.succeeded":
            arrived.release()

    app = AppCredentials(**demo["app"])
    places = asyncio.Semaphore(IN_FLIGHT)
    async with (
        CallbackReceiver(app.webhook_secret) as receiver,
        ApiClient(demo["gateway_url"], app) as api,
        httpx.AsyncClient(base_url=demo["sandbox_url"], trust_env=False) as sandbox,
    ):
        receiver.on_callback = count_it

        async def sell() -> None:
            async with places:
                answer = await api.post("/v1/payments", _request(demo, receiver.url))
                answer.raise_for_status()
                number = answer.json()["payment_no"]
                paid = await sandbox.post("/_control/pay", json={"payment_no": number})
                paid.raise_for_status()

        await asyncio.gather(*(sell() for _ in range(count)))
        for _ in range(count):
            await arrived.acquire()
    await asyncio.sleep(SETTLE_S)


def _request(demo: dict[str, Any], notify_url: str) -> dict[str, Any]:
    return {
        "merchant_id": demo["merchant_id"],
        "payment_id": demo["payment_ids"]["wechat"],
        "merchant_order_no": f"W{uuid.uuid4().hex}",
        "amount": 1299,
        "subject": "物业费 11月",
        "method": "native",
        "notify_url": notify_url,
        "metadata": {"room": "3-1201"},
    }


async def _relations(demo: dict[str, Any]) -> Counter[str]:
    """Bytes of each table with its indexes; partitions count for their parent."""
    found: Counter[str] = Counter()
    for database, url in demo["database_urls"].items():
        connection = await asyncpg.connect(url)
        try:
            for row in await connection.fetch(_SIZES):
                found[f"{database}.{row['name']}"] += row["bytes"]
        finally:
            await connection.close()
    return found


async def _records(demo: dict[str, Any]) -> Counter[str]:
    """Bytes of the keys, values and headers of all records, by topic."""
    found: Counter[str] = Counter()
    kafka = AIOKafkaConsumer(
        *topics.ALL,
        bootstrap_servers=demo["kafka_bootstrap"],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await kafka.start()
    try:
        while batches := await kafka.getmany(timeout_ms=QUIET_MS):
            for part, records in batches.items():
                found[part.topic] += sum(map(_size, records))
    finally:
        await kafka.stop()
    return found


def _size(record: Any) -> int:
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


def _print_growth(what: str, before: Counter[str], after: Counter[str], count: int) -> None:
    grown = {name: (after[name] - before[name]) / count for name in after}
    print(f"\n{what}: {sum(grown.values()):.0f} bytes a payment")
    for name, size in sorted(grown.items(), key=lambda item: -item[1]):
        if size >= TELLING:
            print(f"  {name:46} {size:8.0f}")


def _postmaster(folder: Path) -> int:
    (file,) = folder.glob("postgres/**/postmaster.pid")
    return int(file.read_text().splitlines()[0])


_SIZES: Final = """
select coalesce(parent.relname, relation.relname) as name,
       pg_total_relation_size(relation.oid) as bytes
from pg_class relation
left join pg_inherits on inhrelid = relation.oid
left join pg_class parent on parent.oid = inhparent
where relation.relkind = 'r' and relation.relnamespace = 'public'::regnamespace
"""


if __name__ == "__main__":
    main()
