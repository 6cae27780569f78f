"""All processes at once: a `make run` of the tests' own, and an app that is called back."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from paymesh_local import kafka, ports, processes, testbed
from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient, AppCredentials
from paymesh_local.processes import Program

START_LIMIT_S = 120
BACK_LIMIT_S = 60
STOP_GRACE_S = 15
POLL_S = 0.05


class RunningStack:
    """The processes of `make run`, without the shown payment, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def demo(self) -> dict[str, Any]:
        """demo.json as it is now; a pid in it changes when a service was started again."""
        content: dict[str, Any] = json.loads((self._folder / "demo.json").read_text())
        return content

    @property
    def app(self) -> AppCredentials:
        return AppCredentials(**self.demo["app"])

    async def kill(self, name: str) -> None:
        """`kill -9` a service; returns when the supervisor has started it again and it is ready."""
        demo = self.demo
        os.kill(demo["pids"][name], signal.SIGKILL)
        url = demo[f"{name.replace('-', '_').replace('merchant_', '')}_url"]

        async def is_back() -> bool:
            return self.demo["pids"][name] != demo["pids"][name] and await _is_ready(url)

        await eventually(is_back, within_s=BACK_LIMIT_S)


async def eventually(condition: Callable[[], Awaitable[bool]], *, within_s: float = 15) -> None:
    """Return when the condition holds.

    Raises:
        TimeoutError: it did not.
    """
    async with asyncio.timeout(within_s):
        while True:
            if await condition():
                return
            await asyncio.sleep(POLL_S)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack() -> AsyncIterator[RunningStack]:
    """Started once for all end-to-end tests; against Kafka of its own where there is Java."""
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
                **_broker(),
            },
        )
        process = await processes.start(program)

        async def is_up() -> bool:
            assert process.returncode is None, processes.tail(program.log, lines=60)
            return (folder / "demo.json").exists()

        try:
            await eventually(is_up, within_s=START_LIMIT_S)
            yield RunningStack(folder)
        finally:
            await process.stop(STOP_GRACE_S)


@pytest.fixture
async def api(stack: RunningStack) -> AsyncIterator[ApiClient]:
    """The demo app as a client of the public API."""
    async with ApiClient(stack.demo["gateway_url"], stack.app) as client:
        yield client


@pytest.fixture
async def callbacks(stack: RunningStack) -> AsyncIterator[CallbackReceiver]:
    """A callback endpoint of this test's own: send its `url` as `notify_url`."""
    async with CallbackReceiver(stack.app.webhook_secret) as receiver:
        yield receiver


@pytest.fixture
async def sandbox(stack: RunningStack) -> AsyncIterator[httpx.AsyncClient]:
    """The third parties' control API; faults end with the test."""
    async with httpx.AsyncClient(base_url=stack.demo["sandbox_url"], trust_env=False) as client:
        yield client
        await client.delete("/_control/faults")


def _broker() -> dict[str, str]:
    """Not the broker of the other tests: events of theirs would arrive here."""
    if "KAFKA_BOOTSTRAP" in os.environ:
        return {"KAFKA_BOOTSTRAP": os.environ["KAFKA_BOOTSTRAP"]}
    if kafka.missing() is not None:
        return {}
    answer = testbed.ask(Path(os.environ["TESTBED_SOCKET"]), "kafka e2e")
    return {"KAFKA_BOOTSTRAP": answer["bootstrap"]}


async def _is_ready(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{url}/health/ready")).is_success
    except httpx.TransportError:
        return False
