"""`make mutants`: the teeth of the simulation. Each mutant is one fault, planted in a copy of the
tree; the seeds of `make simulate` must find it out within `SEEDS`.

The mutants are the *.toml files beside this one: a name, and in each `[[change]]` a file, its old
text and the new. Old text that is not there (any more), or there twice, is an error.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.__main__ import postgres

ROOT: Final = Path(__file__).parents[3]
HERE: Final = Path(__file__).parent
SEEDS: Final = 100
LIMIT_S: Final = 2400.0
"""For one mutant, on a machine with much else to do."""

COPIED: Final = ("libs", "services", "deploy/local", "tests/simulation", "tests/*.py")
FOUND: Final = re.compile(r"found out by seed (\d+)")
NOT_FOUND: Final = re.compile(r"0 failed")


@dataclass(frozen=True, slots=True)
class Change:
    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    changes: tuple[Change, ...]


class Stale(Exception):
    """The text that a mutant changes is not there as it says."""


def main() -> int:
    request = _arguments()
    mutants = [each for each in read_all() if request.only.lower() in each.name.lower()]
    if not mutants:
        raise SystemExit(f"no mutant is called {request.only}")
    rows = _try_all(mutants, request.workers)
    width = max(len(mutant.name) for mutant in mutants)
    print(f"\n{'mutant':{width}}  found out by")
    for mutant, row in zip(mutants, rows, strict=True):
        print(f"{mutant.name:{width}}  {row}")
    survived = [row for row in rows if not row.startswith("seed")]
    print(f"{len(rows)} mutants, {len(survived)} not found out")
    return 1 if survived else 0


def read_all() -> list[Mutant]:
    """All mutants, by name."""
    mutants = []
    for path in sorted(HERE.glob("*.toml")):
        content = tomllib.loads(path.read_text())
        changes = tuple(Change(**change) for change in content["change"])
        mutants.append(Mutant(content["name"], changes))
    return mutants


def plant(mutant: Mutant, root: Path) -> None:
    """Change the tree below `root`. Raises Stale."""
    for change in mutant.changes:
        path = root / change.file
        text = path.read_text() if path.exists() else ""
        if text.count(change.old) != 1:
            raise Stale(f"{change.file} has {text.count(change.old)} times: {change.old!r}")
        path.write_text(text.replace(change.old, change.new))


def _try_all(mutants: Sequence[Mutant], workers: int) -> list[str]:
    with postgres() as url, ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda mutant: _try(mutant, url), mutants))


def _try(mutant: Mutant, server_url: str) -> str:
    with tempfile.TemporaryDirectory(prefix="paymesh-mutant-") as name:
        root = Path(name)
        _copy(root)
        try:
            plant(mutant, root)
        except Stale as error:
            row = f"STALE: {error}"
        else:
            row = _simulated(root, server_url)
    print(f"  {mutant.name}: {row}", flush=True)
    return row


def _copy(root: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "jars")
    for pattern in COPIED:
        for source in ROOT.glob(pattern):
            target = root / source.relative_to(ROOT)
            if source.is_dir():
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)


def _simulated(root: Path, server_url: str) -> str:
    """What became of the seeds in the changed tree, which goes before the installed packages."""
    packages = [*root.glob("libs/*"), *root.glob("services/*"), root / "deploy/local", root]
    command = [sys.executable, "-m", "tests.simulation", "--until-failed", "--workers=1"]
    running = subprocess.Popen(
        [*command, f"--seeds={SEEDS}", f"--server={server_url}"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = running.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)  # its workers too
        return f"OUT OF TIME after {LIMIT_S:.0f} s"
    if found := FOUND.search(printed):
        first = re.search(r"^  · (.*)$", printed, re.MULTILINE)
        return f"seed {found[1]:>3}: {first[1] if first else ''}"
    if NOT_FOUND.search(printed):
        return f"SURVIVED {SEEDS} seeds"
    return f"BROKEN: {printed.strip().splitlines()[-1] if printed.strip() else 'no output'}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="part of a mutant's name")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
