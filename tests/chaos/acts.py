"""What goes wrong, act by act. A step returns when the trouble is over and healing begins."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg
from tests.chaos import disk
from tests.chaos.fleet import TWO_OF
from tests.chaos.harness import Harness, Impossible

from chassis import migrations, schema
from paymesh_local.kafka import Kafka
from paymesh_local.services import SERVICES

PARTED_S: Final = 8.0
FULL_S: Final = 6.0
OLDER: Final = "older"

Step = Callable[[Harness], Awaitable[str]]
"""Answers what was not as it must be; empty: all was."""


@dataclass(frozen=True, slots=True)
class Act:
    """`is_held`: its steps keep the trouble up for a while, and healing is counted from its end."""

    name: str
    steps: Sequence[Step]
    is_held: bool = False


def all_acts() -> list[Act]:
    killed = [
        Act(f"{service.name} {what.name[3:]}", [
            partial(_ends, name=service.name, number=number, what=what)
            for number in range(2 if service.name in TWO_OF else 1)
        ])
        for service in SERVICES
        for what in (signal.SIGKILL, signal.SIGTERM)
    ]  # fmt: skip
    return [
        *killed,
        Act("broker KILL", [partial(_broker_restarts, what=signal.SIGKILL)]),
        Act("broker TERM", [partial(_broker_restarts, what=signal.SIGTERM)]),
        Act("database KILL", [partial(_database_restarts, what=signal.SIGKILL)]),
        Act("database INT", [partial(_database_restarts, what=signal.SIGINT)]),
        Act("gateway parted from Kafka", [_parted], is_held=True),
        Act("clock ahead by 3 h", [_clock_ahead], is_held=True),
        Act("disk of the database full", [_disk_full], is_held=True),
        Act("schema older", [_schema_older], is_held=True),
    ]


async def _ends(harness: Harness, *, name: str, number: int, what: signal.Signals) -> str:
    await harness.fleet.end(harness.fleet.of(name)[number], what)
    return ""


async def _broker_restarts(harness: Harness, *, what: signal.Signals) -> str:
    broker = harness.broker
    if not isinstance(broker, Kafka):
        raise Impossible("the embedded broker comes back at another address, with nothing in it")
    if broker.process is not None:
        broker.process.send(what)
        await broker.process.wait()
    await broker.start()
    return ""


async def _database_restarts(harness: Harness, *, what: signal.Signals) -> str:
    process = harness.postgres.process
    if process is not None:
        process.send(what)
        await process.wait()
    await harness.postgres.start()
    return ""


async def _parted(harness: Harness) -> str:
    if harness.wire is None:
        raise Impossible("clients of the embedded broker cannot be led over a proxy")
    await harness.wire.part()
    await asyncio.sleep(PARTED_S)
    await harness.wire.join()
    return ""


async def _clock_ahead(harness: Harness) -> str:
    library = harness.clock_ahead()
    answers = await asyncio.gather(
        *(harness.fleet.refusal(name, LD_PRELOAD=library) for name in TWO_OF)
    )
    return _unlike(dict(zip(TWO_OF, answers, strict=True)), "clock")


async def _disk_full(harness: Harness) -> str:
    if harness.disk is None:
        raise Impossible("only root may mount a small disk for the database")
    await disk.fill(harness.disk)
    await asyncio.sleep(FULL_S)
    disk.empty(harness.disk)
    process = harness.postgres.process
    with contextlib.suppress(asyncpg.PostgresError, OSError):
        async with asyncio.timeout(1):
            await (await asyncpg.connect(harness.postgres.url())).close()
            return ""
    if process is not None and process.returncode is None:
        await harness.postgres.stop()
    await harness.postgres.start()
    return ""


async def _schema_older(harness: Harness) -> str:
    """Those with a database, each before one of the revision before its own."""
    answers = {}
    for name in ("trade-core", "notifier"):
        package = name.replace("-", "_")
        url = await _database_of_before(harness, package)
        answers[name] = await harness.fleet.refusal(name, PAYMESH_DATABASE_URL=url)
    return _unlike(answers, "schema")


async def _database_of_before(harness: Harness, package: str) -> str:
    name = f"{package}_{OLDER}"
    url = await harness.postgres.ensure_database(name, OLDER)
    before = sorted(schema.revisions_of(package))[-2]
    await asyncio.to_thread(migrations.upgrade, package, url, before)
    return url


def _unlike(answers: dict[str, str], word: str) -> str:
    """Who is ready, or is not for another reason."""
    others = [
        f"{name} says {words or 'ready'}" for name, words in answers.items() if word not in words
    ]
    return "; ".join(others)
