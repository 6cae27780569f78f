"""All processes at once: a `make run` of the tests' own, and an app that is called back."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest_asyncio
from tests.e2e.running import RunningStack, eventually

from paymesh_local import kafka, ports, processes, testbed
from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient
from paymesh_local.processes import Program

START_LIMIT_S = 120
STOP_GRACE_S = 15


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack() -> AsyncIterator[RunningStack]:
    """Started once for all end-to-end tests; on Kafka of its own where there is Java.

    The broker is never a given one (`KAFKA_BOOTSTRAP`): these tests hold it still.
    """
    real = None
    if kafka.missing() is None:
        real = testbed.ask(Path(os.environ["TESTBED_SOCKET"]), "kafka e2e")
    with tempfile.TemporaryDirectory(prefix="paymesh-e2e-") as name:
        folder = Path(name)
        program = Program(
            name="stack",
            command=processes.tied((sys.executable, "-m", "paymesh_local"), death_signal="TERM"),
            log=folder / "output",
            environment={
                "PAYMESH_LOCAL_DIR": name,
                "PAYMESH_PORT_BASE": str(ports.free_base()),
                "PAYMESH_DEMO": "0",
                **({"KAFKA_BOOTSTRAP": real["bootstrap"]} if real else {}),
            },
        )
        process = await processes.start(program)

        async def is_up() -> bool:
            assert process.returncode is None, processes.tail(program.log, lines=60)
            return (folder / "demo.json").exists()

        try:
            await eventually(is_up, within_s=START_LIMIT_S)
            broker_pid = int(real["pid"]) if real else embedded_broker_of(process.pid)
            yield RunningStack(folder, broker_pid)
        finally:
            await process.stop(STOP_GRACE_S)


def embedded_broker_of(stack_pid: int) -> int:
    """The one child of the stack that is its broker."""
    children = psutil.Process(stack_pid).children(recursive=True)
    (broker,) = (child for child in children if "paymesh_local.broker" in child.cmdline())
    pid: int = broker.pid
    return pid


@pytest_asyncio.fixture(loop_scope="session")
async def api(stack: RunningStack) -> AsyncIterator[ApiClient]:
    """The demo app as a client of the public API."""
    async with ApiClient(stack.demo["gateway_url"], stack.app) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def callbacks(stack: RunningStack) -> AsyncIterator[CallbackReceiver]:
    """A callback endpoint of this test's own: send its `url` as `notify_url`."""
    async with CallbackReceiver(stack.app.webhook_secret) as receiver:
        yield receiver


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox(stack: RunningStack) -> AsyncIterator[httpx.AsyncClient]:
    """The third parties' control API; faults end with the test."""
    async with httpx.AsyncClient(base_url=stack.demo["sandbox_url"], trust_env=False) as client:
        yield client
        await client.delete("/_control/faults")
