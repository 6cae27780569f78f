"""Which port each program listens on, and whether it is free."""

import asyncio
import contextlib
import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final, Self, TextIO

from paymesh_local.failure import CannotRun

LOOPBACK = "127.0.0.1"

HELD_S: Final = 65.0
"""Linux holds the port of a connection for a minute after its end."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The fixed ports of one stack; `PAYMESH_PORT_BASE` moves them all."""

    gateway: int
    merchant_admin: int
    cashier: int
    sandbox: int
    demo_app: int
    private_gateway: int
    private_trade_core: int
    private_merchant_admin: int
    private_notifier: int
    private_cashier: int

    @classmethod
    def of_base(cls, base: int) -> Self:
        private = range(base + 100, base + 105)
        return cls(base, base + 2, base + 4, base + 10, base + 20, *private)

    async def until_free(self, tell: Callable[[str], None]) -> None:
        """As `require_free`, but of a port at which nobody listens it is told that a connection
        which has ended holds it, and that is waited for: a base among the ports that the system
        hands out by itself meets that.

        Raises:
            CannotRun: one of them is taken.
        """
        give_up_at, named = time.monotonic() + HELD_S, 0
        while time.monotonic() < give_up_at:
            port, name = self._taken()
            if not port or _has_listener(port):
                break
            if port != named:
                tell(f"port {port} ({name}) is held by a connection that has ended: up to a minute")
                named = port
            await asyncio.sleep(0.2)
        self.require_free()

    def require_free(self) -> None:
        """Fail before anything is started, with a message that names the port and the way out.

        Raises:
            CannotRun: one of them is taken.
        """
        port, name = self._taken()
        if port:
            raise CannotRun(
                f"Port {port} ({name}) is taken by another program. "
                f"Stop that one, or move all ports: PAYMESH_PORT_BASE={self.gateway + 200}"
            )

    def _taken(self) -> tuple[int, str]:
        """The first that is, and whose it is to be; 0 where all are free."""
        for field in fields(self):
            port: int = getattr(self, field.name)
            if not is_free(port):
                return port, field.name.replace("_", "-")
        return 0, ""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _has_listener(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def any_free() -> int:
    """A port that nobody uses now. It stays this process's, as a `free_base` does: what is to
    listen at it may take its time, or be killed and come back.
    """
    while True:
        port = random.randrange(10_000, 18_000)
        if is_free(port) and _claim(port):
            return port


def free_base() -> int:
    """A base whose ports nobody uses now, below those that the system hands out by itself.

    It stays this process's: programs that two test processes start listen after they have
    asked, and would meet at one port. Listen at one base before you ask for the next.
    """
    while True:
        base = next((each for each in _claimed if each in _BASES and _is_whole(each)), None)
        if base is not None:
            return base
        candidate = random.randrange(_BASES.start, _BASES.stop, _BASES.step)
        if _is_whole(candidate) and _claim(candidate):
            return candidate


_BASES: Final = range(20_000, 30_000, 200)
_claimed: Final[set[int]] = set()


@cache
def _claims() -> TextIO:
    """Each byte of it is the lock of a port, which ends with its process."""
    return (Path(tempfile.gettempdir()) / f"paymesh-ports-{os.getuid()}").open("a")


def _claim(port: int) -> bool:
    """Whether it was nobody's before."""
    with contextlib.suppress(OSError):
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        is_new = port not in _claimed
        _claimed.add(port)
        return is_new
    return False


def _is_whole(base: int) -> bool:
    with contextlib.suppress(CannotRun):
        Ports.of_base(base).require_free()
        return True
    return False
