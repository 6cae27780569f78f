"""Programs as child processes: with a clean environment, tied to our life, and stopped in time."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paymesh_local.failure import CannotRun

INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""All that a child sees of our own environment; what it is told comes from its Program."""

KILL_GRACE_S: Final = 2.0
"""A killed process is gone at once; only a hanging disk takes longer."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. Its output goes to `log`; with `piped` its standard input and output are ours.

    A piped program ends when its input does, so it needs no other tie.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    piped: bool = False
    stop_signal: signal.Signals = signal.SIGTERM


class Process:
    """One running program; made by `start`."""

    def __init__(self, program: Program, child: asyncio.subprocess.Process) -> None:
        self.program = program
        self._child = child

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        return self._child.returncode

    async def read_line(self) -> str:
        """The next line of a piped program's output; empty when it ended."""
        if self._child.stdout is None:
            raise CannotRun(f"{self.program.name} is not piped")
        return (await self._child.stdout.readline()).decode().strip()

    def write_line(self, line: str) -> None:
        """To a piped program's input."""
        if self._child.stdin is None:
            raise CannotRun(f"{self.program.name} is not piped")
        self._child.stdin.write(f"{line}\n".encode())

    def close_input(self) -> None:
        """Tell a piped program that we are done with it."""
        if self._child.stdin is not None:
            self._child.stdin.close()

    async def wait(self) -> int:
        return await self._child.wait()

    def send(self, what: signal.Signals) -> None:
        if self._child.returncode is None:
            self._child.send_signal(what)

    async def stop(self, grace_s: float) -> None:
        """Ask it to end; after `grace_s` kill it with everything it has started."""
        self.send(self.program.stop_signal)
        if await self._ended_within(grace_s):
            return
        with contextlib.suppress(ProcessLookupError):  # It ended just now.
            os.killpg(self.pid, signal.SIGKILL)
        await self._ended_within(KILL_GRACE_S)

    async def _ended_within(self, limit_s: float) -> bool:
        try:
            await asyncio.wait_for(self._child.wait(), limit_s)
        except TimeoutError:
            return False
        return True


async def start(program: Program) -> Process:
    """Start a program in a session of its own, so that a Ctrl-C reaches us alone."""
    pipe = asyncio.subprocess.PIPE if program.piped else None
    with program.log.open("ab") as log:
        child = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=pipe or asyncio.subprocess.DEVNULL,
            stdout=pipe or log,
            stderr=log,
            env=clean_environment(program.environment),
            start_new_session=True,
        )
    return Process(program, child)


async def run(program: Program) -> None:
    """Run a program to its end.

    Raises:
        CannotRun: it failed; the message carries the end of its log.
    """
    process = await start(program)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        await process.stop(grace_s=1)
        raise
    if code != 0:
        raise CannotRun(f"{program.name} {ended(code)}", tail(program.log))


def tied(command: Sequence[str], *, death_signal: str = "KILL") -> tuple[str, ...]:
    """The command, sent `death_signal` by the kernel when we die, were it by `kill -9`.

    Where the system has no `setpriv` (not Linux) the command stays as it is.
    """
    if shutil.which("setpriv") is None:
        return tuple(command)
    return ("setpriv", "--pdeathsig", death_signal, "--", *command)


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The few variables every program needs, and `extra`."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "PYTHONUNBUFFERED": "1", **extra}


def ended(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    with log.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
