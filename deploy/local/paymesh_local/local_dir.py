"""The folder where one stack keeps its data, secrets and logs; one stack at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paymesh_local.failure import CannotRun


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Make the folder and keep it for this process; a crash lets it go.

    Raises:
        CannotRun: another stack runs from it.
    """
    _make(folder)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(
                f"A stack (pid {lock.read().strip()}) runs from {folder} already. Stop it, or give "
                "this one a folder and ports of its own: PAYMESH_LOCAL_DIR=… PAYMESH_PORT_BASE=…"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder


def _make(folder: Path) -> None:
    """Others may pass (PostgreSQL may run as another user), but see and read nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    logs = folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
