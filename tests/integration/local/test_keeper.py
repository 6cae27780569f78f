"""Who dies is started again; who is killed with its supervisor does not stay."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from paymesh_local import processes
from paymesh_local.keeper import FIRST_PAUSE_S, Keeper
from paymesh_local.processes import Process, Program
from paymesh_local.terminal import Terminal

SLEEPER = ("sleep", "600")


@asynccontextmanager
async def kept(command: tuple[str, ...], folder: Path) -> AsyncIterator[Keeper]:
    program = Program("sleeper", command, folder / "log")
    keeper = Keeper(
        "sleeper",
        start=lambda: processes.start(program),
        ready=_at_once,
        changed=lambda: None,
        terminal=Terminal(),
    )
    await keeper.start()
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keeper.keep())
        try:
            yield keeper
        finally:
            keeping.cancel()
            await keeper.stop(grace_s=1)


async def _at_once(_: Process) -> None: ...


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    async with kept(SLEEPER, tmp_path) as keeper:
        assert keeper.process is not None
        first = keeper.process
        first.send(signal.SIGKILL)
        await until(lambda: keeper.process not in (None, first))


async def test_a_process_that_cannot_live_is_tried_with_pauses(tmp_path: Path) -> None:
    starts = tmp_path / "starts"

    def times_s() -> list[float]:
        return [float(line) for line in starts.read_text().split()] if starts.exists() else []

    async with kept(("sh", "-c", f"date +%s.%N >> {starts}"), tmp_path):
        await until(lambda: len(times_s()) >= 3)
    _, second_s, third_s, *_ = times_s()
    assert third_s - second_s >= FIRST_PAUSE_S


async def test_a_restart_is_another_process(tmp_path: Path) -> None:
    async with kept(SLEEPER, tmp_path) as keeper:
        first = keeper.process
        await keeper.restart(grace_s=1)
        await until(lambda: keeper.process not in (None, first))


async def test_a_process_that_ignores_the_stop_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"trap '' TERM; touch {ready}; while :; do sleep 0.05; done"
    process = await processes.start(Program("deaf", ("sh", "-c", script), tmp_path / "log"))
    await until(ready.exists)
    await process.stop(grace_s=0.2)
    assert process.returncode == -signal.SIGKILL


async def test_children_of_a_killed_parent_end(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import asyncio; from pathlib import Path; from paymesh_local import processes\n"
        "async def main():\n"
        f"    program = processes.Program('child', processes.tied({SLEEPER}), Path('/dev/null'))\n"
        "    child = await processes.start(program)\n"
        f"    Path({str(pid_file)!r}).write_text(str(child.pid))\n"
        "    await child.wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await processes.start(
        Program("parent", (sys.executable, "-c", script), tmp_path / "log")
    )
    await until(lambda: pid_file.exists() and bool(pid_file.read_text()))
    child = int(pid_file.read_text())
    parent.send(signal.SIGKILL)
    await parent.wait()
    await until(lambda: not psutil.pid_exists(child))


async def test_a_child_sees_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMESH_PORT_BASE", "9000")
    log = tmp_path / "log"
    await processes.run(Program("env", ("env",), log, {"PAYMESH_PORT": "1"}))
    assert "PAYMESH_PORT=1" in log.read_text()
    assert "PAYMESH_PORT_BASE" not in log.read_text()
