"""Draws `docs/states.md` from the tables; `python -m trade_core.domain.diagram` prints it."""

import sys
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus
from trade_core.domain import order, payment, refund, split
from trade_core.domain.known_fact import KnownFact

S = TypeVar("S", bound=StrEnum)
F = TypeVar("F", bound=KnownFact)

INTRODUCTION = """\
# States

Drawn from the tables in `services/trade-core/trade_core/domain/` by
`make golden`; a test keeps this page true. In the matrices a row is the
state before and a column the fact that became known; `·` changes nothing, `✗` cannot be: such a
word becomes a dead letter (`dead_event`) and people hear of it.
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            _section("Order (订单)", OrderStatus.OPEN, order.OrderFact, order.TRANSITIONS),
            _section(
                "Payment (支付流水)",
                PaymentStatus.INITIATING,
                payment.PaymentFact,
                payment.TRANSITIONS,
            ),
            _section(
                "Refund (退款)", RefundStatus.PROCESSING, refund.RefundFact, refund.TRANSITIONS
            ),
            _section("Split (分账)", SplitStatus.PROCESSING, split.SplitFact, split.TRANSITIONS),
        ]
    )


def _section(title: str, start: S, facts: type[F], table: Mapping[tuple[S, F], S]) -> str:
    lines = [f"## {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f"    {a} --> {b}: {', '.join(how)}" for (a, b), how in _moves(table).items()]
    lines += ["```", "", *_matrix(start, facts, table), "", *_legend(facts), ""]
    return "\n".join(lines)


def _moves(table: Mapping[tuple[S, F], S]) -> Mapping[tuple[S, S], list[F]]:
    moves: dict[tuple[S, S], list[F]] = defaultdict(list)
    for (before, fact), after in table.items():
        if after is not before:
            moves[before, after].append(fact)
    return moves


def _matrix(start: S, facts: type[F], table: Mapping[tuple[S, F], S]) -> list[str]:
    rows = [f"| | {' | '.join(facts)} |", "|---" * (len(facts) + 1) + "|"]
    for state in type(start):
        cells = (_cell(state, table.get((state, fact))) for fact in facts)
        rows.append(f"| **{state}** | {' | '.join(cells)} |")
    return rows


def _cell(before: StrEnum, after: StrEnum | None) -> str:
    if after is None:
        return "✗"
    return "·" if after is before else after


def _legend(facts: type[F]) -> list[str]:
    return [f"- *{fact}*: {fact.meaning}" for fact in facts]


if __name__ == "__main__":
    sys.stdout.write(page())
