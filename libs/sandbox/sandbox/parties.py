"""Which third parties there are: every folder with a module `party`, which declares `PARTY`."""

import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any

import sandbox
from sandbox.deps import Party


def discover_parties(within: ModuleType = sandbox) -> list[Party[Any]]:
    """Those whose folders stand in this package, in the order in which they are looked up."""
    prefix = f"{within.__name__}."
    folders = [each.name for each in pkgutil.iter_modules(within.__path__, prefix) if each.ispkg]
    found = [party for folder in folders if (party := _declared_in(folder))]
    # Starlette matches one route after the other: the busiest come first.
    return sorted(found, key=lambda party: (not party.is_busy, party.name))


def _declared_in(folder: str) -> Party[Any] | None:
    if not any(
        each.name == "party" for each in pkgutil.iter_modules(import_module(folder).__path__)
    ):
        return None
    declared: Party[Any] = import_module(f"{folder}.party").PARTY
    return declared
