"""That the pages are told in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import merchant_admin
from merchant_admin.api.console.texts import TEXTS


def test_every_text_is_there_in_both_languages() -> None:
    assert all(chinese and english for chinese, english in TEXTS.values())


def audited() -> Iterator[str]:
    """The actions that flows write into the audit by name."""
    for path in (Path(merchant_admin.__file__).parent / "flows").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            place = {"record_action": 2, "AuditedCall": 0}.get(node.func.id)
            if place is None or len(node.args) <= place:
                continue
            match node.args[place]:
                case ast.Constant(value=str(action)):
                    yield action


def test_every_action_of_the_audit_has_words() -> None:
    actions = set(audited())
    assert "export.made" in actions
    wordless = {
        action
        for action in actions
        if f"audit.{action}" not in TEXTS
        and not {f"audited_call.{(of := action.partition('.'))[0]}", f"done.{of[2]}"} <= set(TEXTS)
    }
    assert wordless == set()
