"""Transactions are opened in flows, and nowhere else in any service."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def opened_in(source: str) -> Iterator[int]:
    """The lines that call something's `transaction()`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="transaction")):
                yield node.lineno


def test_transactions_are_opened_in_flows_only() -> None:
    elsewhere = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(ROOT.glob("services/*/*/**/*.py"))
        if "flows" not in path.relative_to(ROOT).parts
        for line in opened_in(path.read_text())
    ]

    assert elsewhere == []


def test_the_check_sees_a_transaction() -> None:
    assert list(opened_in("async def f(db):\n    async with db.transaction() as tx: ...")) == [2]
