"""The commands that documents show are there: those of make, of the tests, and of `paymesh`."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from tests.contract.guide import blocks
from tests.unit.test_docs import REPOSITORY, documents
from typer.main import get_command
from typer.testing import CliRunner

from paymesh.cli.commands import app

MAKEFILE: Final = (REPOSITORY / "Makefile").read_text()
TARGETS: Final = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
VERBS: Final = set(getattr(get_command(app), "commands", {}))
README: Final = REPOSITORY / "sdk" / "python" / "README.md"
MENTIONED: Final = re.compile(r"`make ([a-z0-9-]+)")


def lines(document: Path) -> list[list[str]]:
    shown = "\n".join(blocks(document, "sh")).splitlines()
    return [words for line in shown if (words := shlex.split(line, comments=True))]


def test_every_make_command_is_one() -> None:
    named = {
        name for document in documents() for name in MENTIONED.findall(document.read_text())
    } | {words[1] for document in documents() for words in lines(document) if words[0] == "make"}
    assert named - TARGETS == set()


def test_make_golden_runs_all_that_writes_what_is_made() -> None:
    folder = REPOSITORY / "tests" / "contract"
    writers = {
        path.stem for path in folder.glob("*.py") if '__name__ == "__main__"' in path.read_text()
    }
    (run,) = re.findall(r"^WRITERS := \$\(addprefix tests\.contract\.,(.*)\)$", MAKEFILE, re.M)
    assert set(run.split()) == writers
    by_hand = re.compile(r"`python (?:-m )?tests[./]")
    assert [str(page) for page in documents() if by_hand.search(page.read_text())] == []


def test_every_path_in_a_command_is_there() -> None:
    paths = {
        word.removeprefix("TESTS=")
        for document in documents()
        for words in lines(document)
        for word in words
        if re.match(r"(TESTS=)?(tests|services|libs|deploy)/", word)
    }
    assert paths
    assert {path for path in paths if not (REPOSITORY / path).exists()} == set()


def test_the_client_shows_every_verb_that_it_has() -> None:
    shown = {words[1] for words in lines(README) if words[0] == "paymesh"}
    assert shown == VERBS


@pytest.mark.parametrize(
    "words", [each for each in lines(README) if each[0] == "paymesh"], ids=" ".join
)
def test_every_option_that_the_client_shows_is_one(words: list[str]) -> None:
    options = [word for word in words if word.startswith("--")]
    printed = CliRunner().invoke(app, [words[1], "--help"], env={"COLUMNS": "200"}).output
    assert [option for option in options if option not in printed] == []
