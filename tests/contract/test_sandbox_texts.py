"""What is written of the sandbox names all its third parties, faults, operations and calls."""

import inspect
import re
from typing import Final, get_args

from tests.contract.guide import FAULT_WORDS, GUIDE, REPOSITORY

from gateway.channels.registry import PLUGINS
from paymesh.cli import commands
from sandbox import control
from sandbox.faults import Kind, Operation
from sandbox.parties import discover_parties

README: Final = REPOSITORY / "libs" / "sandbox" / "README.md"
RUNNER: Final = REPOSITORY / "deploy" / "local" / "paymesh_local" / "stack.py"
OPERATIONS: Final = " ".join((*get_args(Operation), "*"))
FOR_TESTS: Final = {"/credentials", "/merchants", "/certificates"}
"""Calls that no app's developer needs."""
CALLS: Final = re.findall(r'\("([A-Z]+)", "(/[^"]+)"', inspect.getsource(control.routes))


def test_every_third_party_is_named_wherever_they_are_listed() -> None:
    titles = [PLUGINS[party.name].title for party in discover_parties()]
    english = [(GUIDE / "en" / "sandbox.md").read_text(), commands.sandbox.__doc__ or ""]
    chinese = [(GUIDE / "zh" / "sandbox.md").read_text(), RUNNER.read_text()]
    assert [each.en for each in titles for text in english if each.en not in text] == []
    assert [each.zh for each in titles for text in chinese if each.zh not in text] == []


def test_the_readme_lists_all_that_can_go_wrong() -> None:
    text = README.read_text()
    faults = text.partition("| fault | what happens |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)`", faults, re.MULTILINE)) == sorted(get_args(Kind))
    assert f"Operations: `{OPERATIONS}`" in text
    assert sorted(FAULT_WORDS) == sorted(get_args(Kind))


def test_every_call_is_written_down() -> None:
    """For developers of an app: those that play payers, their bank, and bad luck."""
    texts = [(README, CALLS), *(
        (GUIDE / language / "sandbox.md", [
            (method, path) for method, path in CALLS if method == "POST" and path not in FOR_TESTS
        ]) for language in ("en", "zh")
    )]  # fmt: skip
    for page, calls in texts:
        written = re.findall(r"((?:`?[A-Z]+`?, )?`?[A-Z]+) /_control(/[\w/{}-]+)", page.read_text())
        there = {(method, path) for methods, path in written
                 for method in re.findall(r"[A-Z]+", methods)}  # fmt: skip
        assert {call for call in calls if call not in there} == set(), page
