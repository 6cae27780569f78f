"""`make run` as a user meets it: what it shows, what it leaves, and what it survives."""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from paymesh_local import ports, processes
from paymesh_local.processes import Process, Program

START_LIMIT_S = 300
STARTS = itertools.count()
MEMBERS = {
    "gateway_url", "cashier_url", "admin_url", "sandbox_url", "trade_core_url", "notifier_url",
    "private_urls", "admin_user", "admin_password", "service_token", "app", "merchant_id",
    "payment_ids",
    "database_urls", "kafka_bootstrap", "pids", "sandbox",
}  # fmt: skip


class Run:
    """One `make run` in `folder`, on ports from `base` on."""

    def __init__(self, folder: Path, base: int, process: Process) -> None:
        self.folder = folder
        self.base = base
        self.process = process

    @property
    def demo(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return content

    @property
    def output(self) -> str:
        return self.process.program.log.read_text()

    def family(self) -> list[psutil.Process]:
        children: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return children

    def child(self, word: str) -> psutil.Process:
        """The one that has this word in its command."""
        return next(each for each in self.family() if word in each.cmdline())

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.output)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(START_LIMIT_S):
            while True:
                if condition():
                    return
                assert self.process.returncode is None, self.output
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(
    folder: Path, *, base: int | None = None, demo: bool = False
) -> AsyncIterator[Run]:
    chosen = base or ports.free_base()
    environment = {
        "PAYMESH_LOCAL_DIR": str(folder),
        "PAYMESH_PORT_BASE": str(chosen),
        "PAYMESH_DEMO": "1" if demo else "0",
    }
    command = processes.tied((sys.executable, "-m", "paymesh_local"), death_signal="TERM")
    log = folder.with_suffix(f".{next(STARTS)}.out")  # One each: ports may be the same again.
    process = await processes.start(Program("make-run", command, log, environment))
    run = Run(folder, chosen, process)
    try:
        yield run
    finally:
        await process.stop(grace_s=15)


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="paymesh-run-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / ".local"


@pytest.fixture
def folder() -> Iterator[Path]:
    with new_folder() as folder:
        yield folder


@dataclass(frozen=True)
class Stopped:
    """What was seen of a stack that showed its payments and was then told to stop, twice."""

    folder: Path
    base: int
    output: str
    demo: dict[str, Any]
    demo_mode: int
    family: list[psutil.Process]
    status: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def first() -> AsyncIterator[Stopped]:
    """The first start in a folder that stays: a start takes longer than most tests."""
    with new_folder() as folder:
        async with running(folder, demo=True) as run:
            await run.shows("Ctrl-C stops everything")
            output, demo, family = run.output, run.demo, run.family()
            demo_mode = (folder / "demo.json").stat().st_mode & 0o777
            run.process.send(signal.SIGTERM)
            run.process.send(signal.SIGTERM)
            status = await asyncio.wait_for(run.process.wait(), START_LIMIT_S)
            await ended(family)
        yield Stopped(folder, run.base, output, demo, demo_mode, family, status)


async def test_a_payment_is_shown_and_nothing_is_left(first: Stopped) -> None:
    assert first.output.count("payment.succeeded, signature verified") == 2
    assert first.output.count("refund.succeeded, signature verified") == 1
    assert first.output.count("channel_trade_no") == 3
    assert "✗" not in first.output
    assert first.demo.keys() == MEMBERS
    assert first.demo_mode == 0o600
    assert set(first.demo["pids"]) == {
        "gateway", "trade-core", "merchant-admin", "notifier", "cashier", "sandbox",
    }  # fmt: skip

    assert first.status == 0
    assert not [each for each in first.family if each.is_running()]
    assert not (first.folder / "demo.json").exists()
    ports.Ports.of_base(first.base).require_free()


async def test_later_starts_elsewhere_keep_the_merchant_and_pay_with_other_sealing_keys(
    first: Stopped,
) -> None:
    """The first start seals to the old keys; the second exchanges them, and is killed bit by bit;
    the third has none of them, and what it pays, tells and refunds needs every secret."""
    folder = first.folder
    await rotate_sealing(folder, "--new-keys")
    async with running(folder) as run:
        await run.until((folder / "demo.json").exists)
        assert "8 secrets of 8 entities are sealed anew" in await rotate_sealing(folder)
        assert "0 secrets of 0 entities are sealed anew" in await rotate_sealing(folder)
        await is_refused_beside(run)
        await whatever_is_killed_is_started_again(run)
        await a_killed_supervisor_takes_all_along(run)
    await rotate_sealing(folder, "--forget-old")
    async with running(folder, demo=True) as run:
        await run.shows("Ctrl-C stops everything")
        third = run.demo
        assert run.output.count("payment.succeeded, signature verified") == 2
        assert "✗" not in run.output
    for member in ("app", "merchant_id", "payment_ids", "admin_password", "service_token"):
        assert first.demo[member] == third[member]


async def rotate_sealing(folder: Path, *step: str) -> str:
    """`make rotate-sealing`, and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "paymesh_local.rotate_sealing", *step),
        env={**os.environ, "PAYMESH_LOCAL_DIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def whatever_is_killed_is_started_again(run: Run) -> None:
    before = run.demo
    os.kill(before["pids"]["trade-core"], signal.SIGKILL)
    await run.until(lambda: run.demo["pids"]["trade-core"] != before["pids"]["trade-core"])
    await run.shows("trade-core                   runs again")

    run.child("--listen_addresses=127.0.0.1").kill()
    await run.shows("postgres                     runs again")

    run.child("paymesh_local.broker").kill()
    await run.shows("broker                       runs again")
    assert run.demo["kafka_bootstrap"] != before["kafka_bootstrap"]
    was = before["pids"]
    await run.until(lambda: run.demo["pids"]["gateway"] != was["gateway"])
    await run.until(lambda: run.demo["pids"]["notifier"] != was["notifier"])


async def a_killed_supervisor_takes_all_along(run: Run) -> None:
    family = run.family()
    run.process.send(signal.SIGKILL)
    await run.process.wait()
    await ended(family)


async def ended(family: list[psutil.Process]) -> None:
    """Return when none of them runs. A process of PostgreSQL outlives one that had to be killed by
    a moment, until it notices."""
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            if not [each for each in family if each.is_running()]:
                return
            await asyncio.sleep(0.05)


async def is_refused_beside(run: Run) -> None:
    """A second stack in one folder."""
    async with running(run.folder) as second:
        assert await second.process.wait() == 1
        assert "PAYMESH_LOCAL_DIR" in second.output


async def test_a_taken_port_is_named_with_the_way_out(folder: Path) -> None:
    base = ports.free_base()
    with socket.create_server(("127.0.0.1", base + 2)):
        async with running(folder, base=base) as run:
            assert await run.process.wait() == 1
            assert f"Port {base + 2} (merchant-admin) is taken" in run.output
            assert "PAYMESH_PORT_BASE=" in run.output
