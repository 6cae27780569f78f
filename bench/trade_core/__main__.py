"""`make bench-core`: trade-core alone on real PostgreSQL, beside the same rows as bare inserts.

This starts the surroundings; `measure`, a process of its own, is what is measured.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from contracts import record_proof
from paymesh_local import processes
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.paths import REPOSITORY
from paymesh_local.ports import any_free
from paymesh_local.postgres import Postgres
from paymesh_local.processes import Program

MEASURING: Final = "bench.trade_core.measure"
DATABASES: Final = ("young", "old", "served")
"""Without a past; with old orders; the one of the service that is asked over HTTP."""

STOP_GRACE_S: Final = 20


async def main(options: argparse.Namespace) -> int:
    async with surroundings() as settings:
        environment = {**os.environ, "BENCH_CORE": json.dumps({**settings, **vars(options)})}
        measuring = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MEASURING, cwd=REPOSITORY, env=environment
        )
        try:
            return await measuring.wait()
        finally:
            if measuring.returncode is None:
                measuring.terminate()
                await measuring.wait()


@asynccontextmanager
async def surroundings() -> AsyncIterator[dict[str, object]]:
    """PostgreSQL as in life (fsync on), its databases migrated, and a trade-core that serves."""
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-", ignore_cleanup_errors=True) as name:
        folder, password = Path(name), secrets.token_urlsafe()
        os.chmod(name, 0o711)  # PostgreSQL may run as another user
        postgres = Postgres(folder / "postgres", folder / "postgres.log", password=password)
        broker = EmbeddedBroker(folder / "broker.log")
        try:
            server = await postgres.start()
            await broker.start()
            urls = {name: await migrated(postgres, folder, name) for name in DATABASES}
            port, token = any_free(), secrets.token_urlsafe()
            service = await processes.start(
                Program(
                    "trade-core",
                    processes.tied((sys.executable, "-m", "trade_core")),
                    folder / "trade-core.log",
                    environment={
                        "PAYMESH_PRIVATE_PORT": str(port),
                        "PAYMESH_DRAIN_S": "0",
                        "PAYMESH_ACCEPTED_TOKENS": f"gateway:{token}",
                        "PAYMESH_DATABASE_URL": urls["served"],
                        "PAYMESH_KAFKA_BOOTSTRAP": broker.bootstrap,
                        "PAYMESH_KAFKA_SECURITY": "plain",
                        "PAYMESH_RECORD_KEYS": secrets.token_urlsafe(32),
                        "PAYMESH_CONFIGURATION_PUBLIC_KEYS": record_proof.generate().public_key,
                    },
                )
            )
            try:
                yield {
                    "urls": urls,
                    "superuser_url": postgres.url("old"),
                    "service_url": f"http://127.0.0.1:{port}",
                    "service_token": token,
                    "pids": {"trade-core": service.pid, "postgresql": server.pid},
                }
            finally:
                await service.stop(STOP_GRACE_S)
        finally:
            await broker.stop()
            await postgres.stop()


async def migrated(postgres: Postgres, folder: Path, name: str) -> str:
    url = await postgres.ensure_database(name, secrets.token_urlsafe())
    await processes.run(
        Program(
            "migrations",
            (sys.executable, "-m", "trade_core.migrations"),
            folder / "migrations.log",
            environment={"PAYMESH_DATABASE_URL": url},
        )
    )
    return url


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-core", description=__doc__)
    parser.add_argument("--old-orders", type=int, required=True, help="0: without that part")
    parser.add_argument("--seconds", type=float, default=2, help="of creates in each turn")
    parser.add_argument("--rounds", type=int, default=5, help="each part has a turn in each")
    parser.add_argument("--in-flight", type=int, default=64, help="creates at a time")
    sys.exit(asyncio.run(main(parser.parse_args())))
