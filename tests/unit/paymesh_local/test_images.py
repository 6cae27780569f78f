"""What the Dockerfiles name is there, and all that a service imports comes into its image."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chassis.settings import SET_BY_IMAGES, load
from notifier.settings import MigrationSettings
from paymesh_local import release
from paymesh_local.paths import REPOSITORY
from paymesh_local.services import SERVICES, Service

INGREDIENTS: Final = ("contracts", "chassis", "foundation")
BOUND: Final = re.compile(r"^[A-Za-z0-9]")
"""A line of a lock that names a package; what belongs to it is indented."""


def dockerfile(service: Service) -> str:
    return (REPOSITORY / "services" / service.name / "Dockerfile").read_text()


def folders(service: Service) -> list[Path]:
    return [
        *(REPOSITORY / "libs" / name for name in INGREDIENTS),
        REPOSITORY / "services" / service.name,
    ]


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_an_image_is_made_of_what_is_there(service: Service) -> None:
    text = dockerfile(service)
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", text, re.MULTILINE)
    assert copied == [
        "requirements.lock",
        *(str(folder.relative_to(REPOSITORY)) for folder in folders(service)),
    ]
    assert all((REPOSITORY / path).exists() for path in copied)
    installed = [f"./{path}" for path in copied[1:]]
    assert text.split("--build-constraint requirements.lock")[1].split()[1:5] == installed
    kept = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert {f"!{path.partition('/')[0]}" for path in copied} <= set(kept)
    assert f'CMD ["python", "-m", "{service.package}"]' in text
    assert f"paymesh/{service.name}:{release.last().next} ." in text


def test_what_an_image_sets_no_program_in_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration listens nowhere, and is told where to listen all the same."""
    for service in SERVICES:
        assert set(re.findall(r"PAYMESH_\w+(?==)", dockerfile(service))) == SET_BY_IMAGES
    for name in [each for each in os.environ if each.startswith("PAYMESH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PAYMESH_HOST", "0.0.0.0")
    monkeypatch.setenv("PAYMESH_DATABASE_URL", "postgresql://nowhere")
    assert load(MigrationSettings).database_url.get_secret_value() == "postgresql://nowhere"


def test_images_differ_by_their_service_alone() -> None:
    plain = {
        re.sub(r"^(?:#|EXPOSE).*\n", "", dockerfile(each), flags=re.MULTILINE)
        .replace(f"services/{each.name}", "services/*")
        .replace(f'"{each.package}"', '"*"')
        for each in SERVICES
    }
    assert len(plain) == 1


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_all_that_a_service_imports_comes_with_it(service: Service) -> None:
    """The .venv has more: what tests need would be missing in the image."""
    owners = packages_distributions()
    there = set[str]()
    for folder in folders(service):
        there |= closure(name_of(folder))
    ours = {
        each.parent.name for folder in folders(service) for each in folder.glob("*/__init__.py")
    }
    imported = {name for folder in folders(service) for name in imports(folder)}
    missing = {
        name
        for name in imported - ours - sys.stdlib_module_names
        if not there & {canonicalize_name(each) for each in owners.get(name, ())}
    }
    assert missing == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_all_that_comes_with_a_service_is_locked(service: Service) -> None:
    lines = (REPOSITORY / "requirements.lock").read_text().splitlines()
    locked = {canonicalize_name(line.split("==")[0]) for line in lines if BOUND.match(line)}
    ours = {name_of(folder) for folder in folders(service)}
    assert closure(service.name) - ours - {canonicalize_name(each) for each in locked} == set()


def name_of(folder: Path) -> str:
    described = tomllib.loads((folder / "pyproject.toml").read_text())
    return canonicalize_name(described["project"]["name"])


@cache
def closure(name: str, extras: frozenset[str] = frozenset()) -> frozenset[str]:
    """The package, and all that is installed with it."""
    found: set[str] = {canonicalize_name(name)}
    for line in distribution(name).requires or ():
        wanted = Requirement(line)
        marker = wanted.marker
        if marker is None or any(marker.evaluate({"extra": each}) for each in ("", *extras)):
            found |= closure(wanted.name, frozenset(wanted.extras))
    return frozenset(found)


@cache
def imports(folder: Path) -> frozenset[str]:
    """The first names of all absolute imports."""
    trees = (ast.parse(path.read_text()) for path in folder.rglob("*.py"))
    return frozenset(name for tree in trees for name in _imports(tree))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
