"""The other ends of all channels: each module `*_side` beside this one has one, a product each."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.unit.gateway.channels.channel_side import AnySide


def find_sides() -> list[type[Any]]:
    return [side for module in _modules() for side in _sides_of(module)]


def _modules() -> Iterator[Any]:
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name.endswith("_side") and found.name != "channel_side":
            yield import_module(f"{__package__}.{found.name}")


def _sides_of(module: Any) -> list[type[Any]]:
    declared = [each for each in vars(module).values() if isinstance(each, type)]
    return [
        each
        for each in declared
        if issubclass(each, AnySide) and each.__module__ == module.__name__
    ]
