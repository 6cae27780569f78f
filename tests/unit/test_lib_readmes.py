"""The README of each lib names every module of it; those of chassis and foundation, who imports
which."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
LIBS: Final = ("contracts", "chassis", "foundation")
SERVICES: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")
IMPORTERS: Final = {
    **{name: REPOSITORY / "services" / name for name in SERVICES},
    "foundation": REPOSITORY / "libs" / "foundation",
    "the local runner": REPOSITORY / "deploy" / "local",
}
NAME: Final = re.compile(r"`(\w+)/?`")


def modules(lib: str) -> set[str]:
    return {
        path.stem
        for path in (REPOSITORY / "libs" / lib / lib).iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }


def rows(lib: str) -> Iterator[tuple[list[str], str]]:
    """The modules of each row of the first table, and its last cell."""
    table = (REPOSITORY / "libs" / lib / "README.md").read_text().partition("\n## ")[0]
    for line in table.splitlines():
        if line.startswith("| `"):
            cells = line.strip("| ").split(" | ")
            yield NAME.findall(cells[0]), cells[-1]


@cache
def imported_by(place: Path) -> set[str]:
    found: set[str] = set()
    for path in place.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
            elif isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
    return {".".join(name.split(".")[:2]) for name in found}


@pytest.mark.parametrize("lib", LIBS)
def test_the_readme_names_each_module(lib: str) -> None:
    assert sorted(name for names, _ in rows(lib) for name in names) == sorted(modules(lib))


@pytest.mark.parametrize("lib", ["chassis", "foundation"])
def test_the_readme_knows_who_imports_what(lib: str) -> None:
    imports = {name: imported_by(place) for name, place in IMPORTERS.items() if name != lib}
    users = {
        module: [name for name, found in imports.items() if f"{lib}.{module}" in found]
        for module in modules(lib)
    }
    for names, cell in rows(lib):
        for name in names:
            every = set(users[name]) >= set(SERVICES)
            known = "all" if every else ", ".join(users[name]) or f"`{lib}` alone"
            assert cell == known, f"{name}: {known}"
