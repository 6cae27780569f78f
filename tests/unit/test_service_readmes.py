"""Each service's README names every module of its flows and its domain, and none that is gone."""

import re
from pathlib import Path
from typing import Final

import pytest

SERVICES: Final = Path(__file__).parents[2] / "services"
FOLDERS: Final = {"flows", "domain"}
NAME: Final = re.compile(r"`(?:(?:(…|\w+(?:/\w+)*)/)?)(\w+)`")


def package(service: str) -> Path:
    return SERVICES / service / service.replace("-", "_")


def named(service: str) -> set[str]:
    """In the first cells of the tables. A name without a folder, or with …, is of the folder of the
    name before it; where a table's head is one of them, of that."""
    found: set[str] = set()
    folder = head = ""
    for line in (SERVICES / service / "README.md").read_text().splitlines():
        cell = line.split(" | ")[0]
        if cell in ("| file", "| where", "| flow"):
            head = "flows" if cell == "| flow" else ""
        folder = head
        for given, name in NAME.findall(cell) if cell.startswith("| `") else ():
            folder = folder if given in ("", "…") else given
            found.add(f"{folder}/{name}")
    return found


@pytest.mark.parametrize("service", sorted(path.name for path in SERVICES.iterdir()))
def test_the_readme_names_each_flow_and_each_module_of_the_domain(service: str) -> None:
    ours = package(service)
    there = {
        f"{folder}/{path.stem}"
        for folder in FOLDERS
        for path in (ours / folder).iterdir()
        if not path.name.startswith("__")
    }
    of_folders = {name for name in named(service) if name.split("/")[0] in FOLDERS}
    assert sorted(of_folders) == sorted(there)
