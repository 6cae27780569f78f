"""`docs/alerts.md` names every alert that there is, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contracts.alert_titles import TITLES
from contracts.api import RefundCause, RefundStatus
from gateway.calling import unlisted_codes
from trade_core.domain.refused_results import ResultRefused

REFUSED: Final[tuple[type[ResultRefused], ...]] = (ResultRefused, *ResultRefused.__subclasses__())
ROOT: Final = Path(__file__).parents[3]
KIND: Final = re.compile(r"[a-z_.]+:?|[a-z_]+:[a-z_-]+:?")
IN_TABLE: Final = re.compile(r"`([a-z_.:-]+)(?:\{[^`]*)?`")
FORMATTED: Final = {
    "payment.{cause}:": {f"payment.{each}:" for each in (RefundCause.DUPLICATE, RefundCause.LATE)},
    "refund.{refund.state}:": {
        f"refund.{each}:" for each in (RefundStatus.FAILED, RefundStatus.ABNORMAL)
    },
    "channel:{kind}:": {f"channel:{each}:" for each in unlisted_codes._WORDS},
    "{ResultRefused.key}:": {f"{ResultRefused.key}:"},
    "{why.key}:": {f"{each.key}:" for each in REFUSED},
}
"""The beginnings of keys that the code puts together."""


def keys_in_code() -> Iterator[str]:
    """Of each Alert that the code raises, as the source has it."""
    for path in (*ROOT.glob("services/*/*/**/*.py"), *ROOT.glob("libs/*/*/**/*.py")):
        if "Alert(" not in (text := path.read_text()):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Alert":
                (key,) = (each.value for each in node.keywords if each.arg == "key")
                yield ast.literal_eval(ast.unparse(key).removeprefix("f"))


def kinds_of(key: str) -> set[str]:
    """What is the same of all keys that are written like this one."""
    for beginning, kinds in FORMATTED.items():
        if key.startswith(beginning):
            return kinds
    kind = key.partition("{")[0]
    assert KIND.fullmatch(kind), f"which kinds of alert are {key}?"
    return {kind}


def test_every_alert_is_in_the_table_and_has_a_title() -> None:
    in_code = {kind for key in keys_in_code() for kind in kinds_of(key)}
    lines = (ROOT / "docs/alerts.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    in_table = {key for row in rows for key in IN_TABLE.findall(row.split(" | ")[0])}
    assert in_table == in_code == set(TITLES)


def test_a_refused_result_has_one_title() -> None:
    for each in REFUSED:
        assert TITLES[f"{each.key}:"][1] == each.title
