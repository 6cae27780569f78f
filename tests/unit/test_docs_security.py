"""docs/security.md names attacks that were tried: each row a test that exists."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "security.md"
AT_LEAST: Final = 90
ROW: Final = re.compile(r"^\| (?P<attack>[^|]+) \| (?P<defence>[^|]+) \| `(?P<test>[^`|]+)` \|$")


def rows() -> list[re.Match[str]]:
    """Of the tables of attacks: the lines that name a test."""
    lines = [line for line in PAGE.read_text().splitlines() if "::" in line]
    found = [ROW.match(line) for line in lines]
    assert [line for line, row in zip(lines, found, strict=True) if row is None] == []
    return [row for row in found if row is not None]


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def test_there_are_at_least_ninety_attacks() -> None:
    assert len(rows()) >= AT_LEAST


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for row in rows():
        file, _, function = row["test"].partition("::")
        path = ROOT / file
        is_test = file.startswith("tests/") and function.startswith("test_")
        if not (is_test and path.is_file() and function in functions_of(path)):
            missing.append(row["test"])
    assert missing == []


def test_no_row_stands_twice() -> None:
    for column in ("attack", "test"):
        texts = [row[column] for row in rows()]
        assert sorted({text for text in texts if texts.count(text) > 1}) == []


def test_every_test_of_the_attacks_is_named() -> None:
    """A file of `tests/attacks` stands on the page at least once."""
    named = {row["test"].partition("::")[0] for row in rows()}
    files = {str(file.relative_to(ROOT)) for file in (ROOT / "tests" / "attacks").glob("test_*.py")}
    assert files <= named
