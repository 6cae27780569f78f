"""One of the processes that `make simulate` works with; each has a database of its own."""

import asyncio
import os
from dataclasses import replace
from urllib.parse import urlsplit

import asyncpg
from tests.simulation import simulation
from tests.simulation.features import Feature
from tests.simulation.postgres import Server
from tests.simulation.simulation import Report

from chassis import migrations

_servers: list[Server] = []


def prepare(server_url: str) -> None:
    """Call it once, when the process starts."""
    name = f"simulation_{os.getpid()}"
    asyncio.run(_create(server_url, name))
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
    migrations.upgrade("trade_core", url)
    _servers.append(Server(url))


def judge(seed: int, *, tells: bool, has: frozenset[Feature] | None) -> Report:
    """Run the seed; the story is kept where it is asked for, or where something is wrong."""
    report = simulation.run(seed, _servers[0], has=has)
    return report if tells or report.violations else replace(report, story=[])


async def _create(server_url: str, name: str) -> None:
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"create database {name} template template0")
    await connection.close()
