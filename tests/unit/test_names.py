"""What a function's name says of its answer: `is_`, `has_` and `are_` are bool, `find_` may be
None, `get_` never is."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
FOLDERS: Final = ("services", "libs", "deploy/local", "sdk/python", "bench")
BOOL: Final = {"bool", "TypeGuard", "TypeIs"}


def functions() -> Iterator[tuple[str, str, str]]:
    """Where each stands, its name without the underscore, and its answer."""
    for folder in FOLDERS:
        for path in (REPOSITORY / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
                    where = f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.name}"
                    yield where, node.name.lstrip("_"), ast.unparse(node.returns).strip("'\"")


def is_as_named(name: str, answer: str) -> bool:
    match name.partition("_"):
        case "is" | "has" | "are", "_", _:
            return answer.partition("[")[0] in BOOL
        case "find", "_", _:
            return "None" in answer
        case "get", "_", _:
            return "None" not in answer
    return True


def test_functions_answer_what_their_names_say() -> None:
    assert [where for where, name, answer in functions() if not is_as_named(name, answer)] == []
