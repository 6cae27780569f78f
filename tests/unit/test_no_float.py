"""No float can enter where money is reckoned: not by name, not as a literal, not by a division."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

PLACES = ("services/*/*/domain/**/*.py", "libs/contracts/**/*.py")

SECONDS = {
    "libs/contracts/contracts/events/alerts.py",
    "libs/contracts/contracts/signing.py",
    "libs/contracts/contracts/webhooks.py",
    "services/cashier/cashier/domain/allowance.py",
    "services/cashier/cashier/domain/colours.py",
    "services/gateway/gateway/domain/payer_state.py",
    "services/gateway/gateway/domain/recent_checks.py",
    "services/merchant-admin/merchant_admin/domain/list_columns.py",
    "services/merchant-admin/merchant_admin/domain/passwords.py",
    "services/merchant-admin/merchant_admin/domain/ratios.py",
    "services/merchant-admin/merchant_admin/domain/waiting.py",
    "services/notifier/notifier/domain/alerts.py",
    "services/notifier/notifier/domain/endpoints.py",
    "services/notifier/notifier/domain/errors.py",
    "services/notifier/notifier/domain/schedule.py",
    "services/trade-core/trade_core/domain/backlog_alerts.py",
}
"""They reckon in seconds, shares of counts or colours, and know no money."""


def floats(source: str) -> Iterator[int]:
    """The lines where a float is named, written or made."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case (
                ast.Name(id="float")
                | ast.Constant(value=float())
                | ast.BinOp(op=ast.Div())
                | ast.AugAssign(op=ast.Div())
            ):
                yield node.lineno


def test_no_float_where_money_is_reckoned() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for place in PLACES
        for path in ROOT.glob(place)
        if (lines := sorted(set(floats(path.read_text()))))
    }
    assert {name: lines for name, lines in found.items() if name not in SECONDS} == {}


def test_each_way_of_a_float_is_seen() -> None:
    source = "a: float = 1\nb = 1.5\nc = a / 2\nc /= 3\nd = 7 // 2\ne = 'float'\n"
    assert sorted(floats(source)) == [1, 2, 3, 4]
