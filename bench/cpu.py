"""CPU seconds of programs and all their children, read from the operating system."""

import os
import time
from collections.abc import Mapping
from typing import Final

import psutil


def seconds_of(pids: Mapping[str, int]) -> dict[str, float]:
    """User and system CPU seconds so far, by name; a process that ended counts as none."""
    return {name: _tree_seconds(pid) for name, pid in pids.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before.get(name, 0.0) for name in after}


BUSY_CORES: Final = 0.2
"""Of what others take: beyond it rates and waiting times are theirs as well."""


class Others:
    """What is not of these programs, and takes CPU of the machine while they are measured."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        """`pids`: of the programs; this one and its children are counted with them."""
        self._pids = pids
        self._begun, self._before = time.perf_counter(), self._seconds()

    def in_words(self) -> str:
        """Since the beginning."""
        cores = (self._seconds() - self._before) / (time.perf_counter() - self._begun)
        meanwhile = f"others took {max(cores, 0):.1f} of {os.cpu_count()} cores meanwhile"
        if cores < BUSY_CORES:
            return meanwhile
        return f"{meanwhile}: believe the CPU, and bars of rates and times on a machine at rest"

    def _seconds(self) -> float:
        machine = psutil.cpu_times()
        busy = sum(machine) - machine.idle - getattr(machine, "iowait", 0.0)
        # Linux counts guests within user time as well.
        busy -= getattr(machine, "guest", 0.0) + getattr(machine, "guest_nice", 0.0)
        own = os.times()
        ours = own.user + own.system + own.children_user + own.children_system
        return float(busy - ours - sum(seconds_of(self._pids).values()))


def _tree_seconds(pid: int) -> float:
    """With the children that ended: PostgreSQL's workers come and go."""
    try:
        root = psutil.Process(pid)
        if pid == os.getpid():  # The load's own children are the programs under measurement.
            return _own_seconds(root)
        times = root.cpu_times()
        ended = float(times.children_user + times.children_system)
        return ended + sum(_own_seconds(each) for each in (root, *root.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0.0


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
