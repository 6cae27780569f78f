"""CPU seconds of programs and all their children, read from the operating system."""

import os
from collections.abc import Mapping

import psutil


def seconds_of(pids: Mapping[str, int]) -> dict[str, float]:
    """User and system CPU seconds so far, by name; a process that ended counts as none."""
    return {name: _tree_seconds(pid) for name, pid in pids.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before.get(name, 0.0) for name in after}


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
