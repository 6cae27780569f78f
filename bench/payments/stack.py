"""The whole of Paymesh, started in a folder and on ports of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from paymesh_local.ports import free_base

START_LIMIT_S: Final = 120
STOP_LIMIT_S: Final = 30
SERVICES: Final = ("gateway", "trade-core", "notifier", "merchant-admin", "cashier")
SHARED: Final = ("postgresql", "broker")
"""What every side works with, besides the sandbox."""


@asynccontextmanager
async def stack(folder: Path) -> AsyncIterator[dict[str, Any]]:
    """Yields its demo.json, whose `pids` name PostgreSQL and the broker, too."""
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
        yield await _demo_of(folder, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), STOP_LIMIT_S)


async def _demo_of(folder: Path, process: asyncio.subprocess.Process) -> dict[str, Any]:
    path = folder / "demo.json"
    for _ in range(START_LIMIT_S * 10):
        if process.returncode is not None:
            raise SystemExit((folder / "run.log").read_text())
        if path.exists():
            demo: dict[str, Any] = json.loads(path.read_text())
            demo["pids"] = {**demo["pids"], **_machinery_of(process.pid)}
            return demo
        await asyncio.sleep(0.1)
    raise SystemExit("the stack did not start:\n" + (folder / "run.log").read_text())


def _machinery_of(runner_pid: int) -> dict[str, int]:
    """PostgreSQL and the broker, which demo.json does not name, among the runner's children."""
    found = {}
    for child in psutil.Process(runner_pid).children(recursive=True):
        command = " ".join(child.cmdline())
        if "postgres" in child.name() and " -D " in f"{command} ":
            found["postgresql"] = child.pid
        elif "paymesh_local.broker" in command:
            found["broker"] = child.pid
    return found
