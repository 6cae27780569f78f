"""A whole stack of processes while it runs: what it says of itself, and how to kill parts of it."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from paymesh_local import ports, processes
from paymesh_local.client import AppCredentials
from paymesh_local.keyring import Keyring
from paymesh_local.processes import Program

START_LIMIT_S = 300
STOP_GRACE_S = 15
BACK_LIMIT_S = 300
POLL_S = 0.05


class RunningStack:
    """The processes of `make run`, without the shown payment, in a folder of their own.

    `broker_again` is told the pid of a broker that was killed, and answers that of the next one.
    """

    def __init__(
        self, folder: Path, broker_pid: int, broker_again: Callable[[int], Awaitable[int]]
    ) -> None:
        self.folder = folder
        self._broker_pid = broker_pid
        self._broker_again = broker_again
        self._killed: dict[str, int] = {}

    @property
    def record_key(self) -> str:
        """What gateway and trade-core share."""
        return Keyring.kept_in(self.folder / "secrets.json").record_key

    @property
    def demo(self) -> dict[str, Any]:
        """demo.json as it is now; a pid in it changes when a service was started again."""
        content: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return content

    @property
    def app(self) -> AppCredentials:
        return AppCredentials(**self.demo["app"])

    def kill(self, name: str) -> None:
        """`kill -9` a service; the supervisor starts it again."""
        pid = self.demo["pids"][name]
        self._killed[name] = pid
        os.kill(pid, signal.SIGKILL)

    async def is_back(self, name: str) -> None:
        """Return when the service that was killed runs and is ready again."""
        url = self.demo["private_urls"][name]

        async def is_new_and_ready() -> bool:
            return self.demo["pids"][name] != self._killed[name] and await _is_ready(url)

        await eventually(is_new_and_ready, within_s=BACK_LIMIT_S)

    async def database_restarts(self) -> None:
        """`kill -9` PostgreSQL; the supervisor starts it again. Returns when all are ready."""
        pid_file = self.folder / "postgres" / "postmaster.pid"
        former = pid_file.read_text().splitlines()[0]
        os.kill(int(former), signal.SIGKILL)

        async def is_another() -> bool:
            return pid_file.exists() and pid_file.read_text().splitlines()[:1] != [former]

        await eventually(is_another, within_s=BACK_LIMIT_S)
        await self.all_ready()

    async def broker_restarts(self) -> None:
        """`kill -9` the broker, and start it again. Returns when all are ready."""
        os.kill(self._broker_pid, signal.SIGKILL)
        self._broker_pid = await self._broker_again(self._broker_pid)
        await self.all_ready()

    async def all_ready(self) -> None:
        """Return when every service answers that it is ready."""

        async def are_ready() -> bool:
            return all([await _is_ready(url) for url in self.demo["private_urls"].values()])

        await eventually(are_ready, within_s=BACK_LIMIT_S)

    @asynccontextmanager
    async def broker_held_still(self) -> AsyncIterator[None]:
        """Meanwhile nothing can be published or consumed, and nobody is told why."""
        os.kill(self._broker_pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._broker_pid, signal.SIGCONT)


class EmbeddedBrokerStack(RunningStack):
    """Where there is no Java: a new broker has another address, and all services start again."""

    async def broker_restarts(self) -> None:
        before = self.demo["pids"]
        await super().broker_restarts()

        async def are_others() -> bool:
            now = self.demo["pids"]
            return all(now.get(name) != pid for name, pid in before.items() if name != "sandbox")

        await eventually(are_others, within_s=BACK_LIMIT_S)
        await self.all_ready()


@asynccontextmanager
async def make_run(environment: Mapping[str, str]) -> AsyncIterator[tuple[Path, int]]:
    """`make run` of the tests' own, without the shown payment: its folder, and its pid."""
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
                **environment,
            },
        )
        process = await processes.start(program)

        async def is_up() -> bool:
            assert process.returncode is None, processes.tail(program.log, lines=60)
            return (folder / "demo.json").exists()

        try:
            await eventually(is_up, within_s=START_LIMIT_S)
            yield folder, process.pid
        finally:
            await process.stop(STOP_GRACE_S)


async def eventually(condition: Callable[[], Awaitable[bool]], *, within_s: float = 60) -> None:
    """Return when the condition holds.

    Raises:
        TimeoutError: it did not.
    """
    async with asyncio.timeout(within_s):
        while True:
            if await condition():
                return
            await asyncio.sleep(POLL_S)


async def _is_ready(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{url}/health/ready")).is_success
    except httpx.TransportError:
        return False
