"""The guide says the same in both languages, and what of it is made is as it should be."""

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from tests.contract.guide import GUIDE, blocks, made

PAGES: Final = sorted((GUIDE / "en").glob("*.md"))
COMPOUND: Final = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef)


def chinese(page: Path) -> Path:
    return GUIDE / "zh" / page.name


def test_what_is_made_is_as_it_should_be() -> None:
    stale = [path for path, text in made().items() if path.read_text() != text]
    assert stale == [], "make golden"


def test_every_page_stands_in_both_languages() -> None:
    assert {page.name for page in PAGES} == {page.name for page in (GUIDE / "zh").glob("*.md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("language", ["python", "js", "java", "sh", "json"])
def test_both_languages_show_the_same_code(page: Path, language: str) -> None:
    assert blocks(page, language) == blocks(chinese(page), language)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_both_languages_have_the_same_parts(page: Path) -> None:
    assert outline(page) == outline(chinese(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_shown_can_be_read(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")
    for block in blocks(page, "js") if shutil.which("node") else []:
        subprocess.run(["node", "--check", "-"], input=block, text=True, check=True, timeout=20)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_shown_can_be_pasted(page: Path) -> None:
    """The prompt before Python 3.13 ends a compound statement at a blank line, and only there."""
    for block in blocks(page, "python"):
        lines = [*block.splitlines(), ""]
        for each in ast.parse(block).body:
            if isinstance(each, COMPOUND):
                assert each.end_lineno
                assert lines[each.end_lineno] == "", f"a blank line after {lines[each.lineno - 1]}"
                assert "" not in lines[each.lineno : each.end_lineno]


@pytest.mark.parametrize(("language", "no"), [("en", "no"), ("zh", "没有")])
def test_only_a_sure_answer_means_that_no_money_was_asked_for(language: str, no: str) -> None:
    """As the SDK has it: after a 500 it looks for the payment before it asks again."""
    table = (GUIDE / language / "unknown-and-late.md").read_text()
    asked = re.findall(r"^\| (\d[^|]*) \| ([^|]+) \|", table, re.MULTILINE)
    surely_not = [cell for cell, answer in asked if no in answer]
    assert re.findall(r"\d+", " ".join(surely_not)) == ["402", "502", "503", "429"]


def outline(page: Path) -> list[str]:
    """How deep each heading is, and how many rows each table has."""
    lines = page.read_text().splitlines()
    return [line.split(" ")[0][:3] for line in lines if line.startswith(("#", "|"))]
