"""Which port each program listens on, and whether it is free."""

import contextlib
import random
import socket
from dataclasses import dataclass, fields
from typing import Self

from paymesh_local.failure import CannotRun

LOOPBACK = "127.0.0.1"


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

    def require_free(self) -> None:
        """Fail before anything is started, with a message that names the port and the way out.

        Raises:
            CannotRun: one of them is taken.
        """
        for field in fields(self):
            port: int = getattr(self, field.name)
            if not is_free(port):
                raise CannotRun(
                    f"Port {port} ({field.name.replace('_', '-')}) is taken by another program. "
                    f"Stop that one, or move all ports: PAYMESH_PORT_BASE={self.gateway + 200}"
                )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def free_base() -> int:
    """A base whose ports nobody uses now, below those that the system hands out by itself."""
    while True:
        base = random.randrange(20_000, 30_000, 200)
        with contextlib.suppress(CannotRun):
            Ports.of_base(base).require_free()
            return base


def free_port() -> int:
    """One that the system hands out now; another program may be quicker, which then is said."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
