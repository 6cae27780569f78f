"""One language: words that the code has left behind do not come back as names.

The field's own words stand in `docs/glossary.md`. What a wire, a table or a third party calls by an
older word keeps it there; those names, and only those, are allowed below.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

RETIRED: Final = {
    "attend_due": "poll due", "bell": "wake-up", "bill": "statement", "call_back": "split return",
    "deed": "audited call", "dossier": "aggregate", "aftermath": "after commit",
    "hurried": "urgent", "lane": "endpoint, bulkhead or priority", "notice": "notification",
    "park": "dead letter", "parked": "dead letter", "wish": "request",
}  # fmt: skip

SPOKEN: Final = dict.fromkeys(
    ("hear", "heard", "hearing", "hears", "said", "told"),
    "what it is: an outcome, a callback, a page",
) | dict.fromkeys(("desk", "world"), "harness, deps or third party")
"""As names they stood for thirty kinds of things. The sentence that names a test may have them."""

ANY_RETIRED: Final = re.compile("|".join([*RETIRED, *SPOKEN]), re.IGNORECASE)

ALLOWED: Final = {
    "AskForBill": "a schema of the admin API",
    "ask_for_bill": "an operation of the admin API",
    "NOTICE": "a source on the wire",
    "castCsvBill": "a method of wechatpay-axios-plugin",
    "download_bill": "a method of wechatpayv3",
    "fundflow_bill": "a method of wechatpayv3",
    "is_overdue_told": "a column",
    "last_said_at": "a column",
    "notice_id": "a column of the sandbox",
    "parked_at": "a member on the wire and a column",
    "said_at": "a member on the wire",
    "_said_at": "it is read from that",
    "test_every_pinned_package_is_in_the_bill_of_materials": "SBOM",
    "told_at": "a column",
    "trade_bill": "a method of wechatpayv3",
}
"""Names that are not ours to choose: each stands on a wire, in a table or in a third party."""

IN_TEMPLATES: Final = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
TEXTS: Final = {
    ".py": r"""'{3}.*?'{3}|"{3}.*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|#[^\n]*""",
    ".html": r"""'[^']*'|"[^"]*\"""",
}
SCRIPT_TEXTS: Final = r"""'[^'\n]*'|"[^"\n]*"|`[^`]*`|//[^\n]*"""
NAME: Final = re.compile(r"[A-Za-z_]\w*")


def names() -> Iterator[tuple[str, str]]:
    """Of the files themselves, and in Python, in templates and in the scripts of our pages."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.html", "*.js", "*.mjs", "*.cjs", "*.c"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    for path in listed:
        if "/migrations/versions/" in path or not (ROOT / path).exists():
            continue  # What has run stays as it ran.
        yield path, Path(path).stem
        text = (ROOT / path).read_text()
        if ANY_RETIRED.search(text) is not None:
            yield from ((path, name) for name in _names_in(path, text))


def _names_in(path: str, text: str) -> Iterator[str]:
    """In code, and not in texts and comments."""
    suffix = Path(path).suffix
    if suffix == ".html":
        text = "\n".join(first or second for first, second in IN_TEMPLATES.findall(text))
    texts = re.compile(TEXTS.get(suffix, SCRIPT_TEXTS), re.DOTALL)
    yield from NAME.findall(texts.sub("", text))


def retired_in(name: str) -> list[str]:
    """Also within a name of several words, in the plural, and as a call_back_something."""
    words = "_".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)).lower()
    found = [old for old in RETIRED if re.search(rf"(?:^|_){old}(?:s|es)?(?:_|$)", words)]
    if not name.startswith("test_"):
        found += [old for old in SPOKEN if re.search(rf"(?:^|_){old}(?:_|$)", words)]
    return found


def test_no_name_is_of_the_old_language() -> None:
    found = {
        f"{path}: {name}: say {(RETIRED | SPOKEN)[old]}"
        for path, name in set(names())
        if name not in ALLOWED
        for old in retired_in(name)
    }
    assert found == set()


@pytest.mark.parametrize(
    "name", ["_bell", "MAX_BILLS", "NoticeEntry", "call_back_outcome", "wish", "_told_of", "World"]
)
def test_a_name_of_several_words_is_looked_through(name: str) -> None:
    assert retired_in(name)


@pytest.mark.parametrize(
    "name", ["billed", "noticed", "parking_lot_id", "spark", "callback", "test_it_is_told"]
)
def test_a_word_that_only_looks_alike_is_let_be(name: str) -> None:
    assert not retired_in(name)


# ── one word, one meaning: where what is called so may stand ──

HOMES: Final = {
    "Fact": ("services/trade-core/trade_core/domain/",),
    "Claim": (
        "libs/contracts/contracts/internal/decisions.py",
        "services/merchant-admin/merchant_admin/api/decisions.py",
        "services/trade-core/trade_core/domain/operator_errors.py",
    ),
    "Lease": ("services/notifier/notifier/", "services/trade-core/trade_core/store/due.py"),
    "Outcome": ("services/gateway/gateway/",),
    "Trouble": (),
    "Hint": (),
    "Verdict": ("libs/contracts/contracts/events/results.py",),
}


def _of_services(mentioned: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules that say this, read."""
    for folder in ("services", "libs", "deploy/local"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text()
            if re.search(mentioned, text) and "/migrations/versions/" not in path.as_posix():
                yield path.relative_to(ROOT).as_posix(), ast.parse(text)


def _types_in(tree: ast.Module) -> Iterator[str]:
    """Classes and aliases of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[:1].isupper() and not name.isupper():
                yield name


def _accounts_called_payments_in(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg="payment_id"):
                yield node.lineno
            case ast.AnnAssign(target=ast.Name(id="payment_id")):
                yield node.lineno
            case ast.Name(id="payment_id", ctx=ast.Store()):
                yield node.lineno


def test_what_a_type_is_called_has_one_meaning() -> None:
    strangers = {
        f"{path}: {name}"
        for path, tree in _of_services("|".join(HOMES))
        for name in _types_in(tree)
        for word, homes in HOMES.items()
        if re.search(rf"{word}(?![a-z])", name) and not path.startswith(homes)
    }
    assert strangers == set()


def test_a_channel_account_is_no_payment() -> None:
    """`payment_id` is its name on the wire: inside of a service it is `account_id`."""
    inside = re.compile(r"^services/[^/]+/[^/]+/(?!api/|api\.py)")
    wrong = {
        f"{path}:{line}"
        for path, tree in _of_services("payment_id")
        if inside.match(path)
        for line in _accounts_called_payments_in(tree)
    }
    assert wrong == set()
