"""Each service's README names every module of its flows and its domain, and every setting of its
own; that of the chassis the settings that services share. None names what is gone."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

import pytest

import chassis.settings as shared
from chassis.settings import PREFIX, RotatedKeys, Settings

REPOSITORY: Final = Path(__file__).parents[2]
SERVICES: Final = REPOSITORY / "services"
NAMES: Final = sorted(path.name for path in SERVICES.iterdir())
VARIABLE: Final = re.compile(rf"`{PREFIX}(\w+)`")
SHARED: Final = [
    name
    for name, each in vars(shared).items()
    if isinstance(each, type) and issubclass(each, Settings)
]
"""The classes of the chassis, in its order."""
BESIDES: Final = {"merchant-admin": {"SERVICE_ROLE"}}
"""What only a service's migrations read."""
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


def settings_of(service: str) -> type[Settings]:
    module = importlib.import_module(f"{package(service).name}.settings")
    (found,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Settings)
        and each.__module__ == module.__name__
    )
    return found


def settings_in(readme: Path) -> Iterator[tuple[str, str]]:
    """The first cell of the row, and a variable that the row is about."""
    for row in readme.read_text().splitlines():
        first, _, rest = row.partition(" | ")
        cell = rest.partition(" | ")[0] if first.removeprefix("| ").strip("`") in SHARED else first
        if row.startswith("| `"):
            yield from ((first.removeprefix("| "), name) for name in VARIABLE.findall(cell))


@pytest.mark.parametrize("service", NAMES)
def test_the_readme_has_the_settings_of_the_service_and_where_the_others_are(service: str) -> None:
    readme = SERVICES / service / "README.md"
    kind = settings_of(service)
    own = {name.upper() for name in kind.__annotations__} | BESIDES.get(service, set())
    assert sorted(name for _, name in settings_in(readme)) == sorted(own)
    text = readme.read_text()
    (named_there,) = re.findall(
        r"\(\.\./\.\./libs/chassis/README\.md#settings\),\sof ([^;:]+)", text
    )
    bases = {each.__name__ for each in kind.__bases__}
    assert bases == {name for name in re.findall(r"`(\w+)`", named_there) if name in SHARED}


def test_the_chassis_has_the_settings_that_services_share() -> None:
    rows = settings_in(REPOSITORY / "libs" / "chassis" / "README.md")
    there = [(f"`{name}`", each.upper()) for name in SHARED
             for each in vars(shared)[name].__annotations__]  # fmt: skip
    assert sorted(rows) == sorted(there)


@pytest.mark.parametrize("service", NAMES)
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


@pytest.mark.parametrize("page", ["secrets-rotation.md", "secrets-rotation.zh.md"])
def test_keys_whose_first_one_writes_are_opened_everywhere_before_they_write(page: str) -> None:
    """`NEW,OLD` at once: pods that have not rolled yet do not open what the first new one made."""
    rows = (REPOSITORY / "docs" / "operations" / page).read_text().splitlines()
    rotated = {
        f"{PREFIX}{name.upper()}"
        for service in NAMES
        for name, field in settings_of(service).model_fields.items()
        if get_args(RotatedKeys)[-1] in field.metadata
    }
    assert rotated == {"PAYMESH_CHECKOUT_KEY", "PAYMESH_SESSION_KEY"}
    for name in (*rotated, "PAYMESH_RECORD_KEYS"):
        (row,) = (row for row in rows if row.startswith("| ") and f"`{name}`" in row)
        assert re.search(r"`OLD,NEW`.*`NEW,OLD`.*`NEW`", row), row
