"""A small disk of the database's own, which can be filled; where we may mount one."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SIZE: Final = "1200m"
CHUNK: Final = b"\0" * 1_048_576
BALLAST: Final = "ballast"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Whether there is one at `folder` now; else it is a folder like any other."""
    folder.mkdir(mode=0o711)
    is_mounted = os.geteuid() == 0 and _run("mount", "-t", "tmpfs", "-o", _OPTIONS, "tmpfs", folder)
    try:
        yield is_mounted
    finally:
        if is_mounted:
            _run("umount", "--lazy", folder)


_OPTIONS: Final = f"size={SIZE},mode=711"


async def fill(disk: Path) -> None:
    """To its last byte."""
    await asyncio.to_thread(_fill, disk / BALLAST)


def empty(disk: Path) -> None:
    (disk / BALLAST).unlink()


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(CHUNK) > 0:
            pass


def _run(*command: str | Path) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
