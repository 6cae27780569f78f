"""Every SQL text that a store has as a constant, by its name."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Final

STATEMENT: Final = re.compile(r"\s*(?:select|insert|update|delete|with)\s")

TEMPLATE: Final = re.compile(r"\{\w*\}(?!')")  # `'{}'` is an empty array


def sql_texts(store: ModuleType) -> Iterator[tuple[str, str]]:
    """As `module._NAME`, with the key behind it where the constant is a dictionary."""
    for module in pkgutil.iter_modules(store.__path__):
        loaded = importlib.import_module(f"{store.__name__}.{module.name}")
        for name, value in sorted(vars(loaded).items()):
            texts = value if isinstance(value, dict) else {"": value}
            for key, text in texts.items():
                if name.strip("_").isupper() and STATEMENT.match(str(text)):
                    yield from _whole(f"{module.name}.{name}{key}", text)


def _whole(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Of the tables in use only, and of those of the archive as well. What is a part of others has
    places for more than that, and is read there."""
    if "{only}" in text:
        yield name, text.format(only="only")
        yield name, text.format(only="")
    elif not TEMPLATE.search(text):
        yield name, text
