"""`deploy/RELEASE`: the last release, and the one that this tree becomes."""

from dataclasses import dataclass
from typing import Final

from paymesh_local.paths import REPOSITORY

FILE: Final = REPOSITORY / "deploy" / "RELEASE"


@dataclass(frozen=True, slots=True)
class Release:
    """`version` and `commit` of the last one; `next`: the version of the one after it."""

    version: str
    commit: str
    next: str


def last() -> Release:
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    return Release(**dict(line.split("=", 1) for line in lines))
