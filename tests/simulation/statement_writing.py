"""What a third party writes into its statement of a day (渠道账单), and what is wrong in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from tests.simulation.chance import Chance
from tests.simulation.trades import Return, ReturnState, Trade

from contracts.identifiers import new_id

BEIJING: Final = timedelta(hours=8)
STATUS: Final = {ReturnState.RETURNED: "done", ReturnState.PROCESSING: "under_way"}
RAW: Final = ("\0", '"幸福物业,`', "x" * 600, "\u2028\x85")

Row = dict[str, Any]


class Slip(StrEnum):
    """What is wrong about a subject: a number, or a line."""

    MISSING = "missing"
    MISPRINTED = "misprinted"
    INVENTED = "invented"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a statement has to say. `is_delivered`: other words tell of it as well."""

    at: datetime
    row: Row
    is_delivered: bool

    @property
    def subject(self) -> str:
        return str(self.row["refund_no"] or self.row["payment_no"])


class Clerk:
    """Writes each statement once. `slips` are those of all statements, by subject."""

    def __init__(self, dice: Chance, slips: float) -> None:
        self.dice = dice
        self.slips: dict[str, Slip] = {}
        self._chance = slips
        self._written: dict[str, list[Row]] = {}

    def statement(self, trades: Iterable[Trade], day: str) -> list[Row]:
        """The rows of a Beijing day."""
        if day not in self._written:
            entries = [each for trade in trades for each in _entries(trade)]
            of_day = [each for each in entries if (each.at + BEIJING).date().isoformat() == day]
            self._written[day] = list(self._copied(of_day))
        return self._written[day]

    def _copied(self, entries: Sequence[Entry]) -> Iterator[Row]:
        for entry in entries:
            yield from self._written_down(entry)
        if self.dice.happens(self._chance):
            self.slips[number := new_id("payment")] = Slip.INVENTED
            yield _row("payment", number, "", 700, "CNY")
        if self.dice.happens(self._chance):
            line = 1_000 + len(self.slips)
            self.slips[f"line {line}"] = Slip.UNREADABLE
            yield _row("unreadable", "", "", 0, "CNY", raw=self.dice.pick(RAW), line=line)

    def _written_down(self, entry: Entry) -> Iterator[Row]:
        """What nobody else tells of is always right: else nobody could know it."""
        may_slip = entry.is_delivered and entry.row["status"] == "done"
        if not may_slip or not self.dice.happens(self._chance):
            yield entry.row
            return
        slip = self.slips[entry.subject] = self.dice.pick((Slip.MISSING, Slip.MISPRINTED))
        if slip is Slip.MISPRINTED:
            yield entry.row | {"amount": 2 * entry.row["amount"]}


def _entries(trade: Trade) -> Iterator[Entry]:
    currency = trade.taken_currency or trade.currency
    if trade.paid_at is not None:
        row = _row("payment", trade.payment_no, "", trade.taken, currency)
        yield Entry(trade.paid_at, row, is_delivered=not trade.is_strange)
    for refund in trade.returns.values():
        if refund.is_dispute:
            continue  # Those are no refunds.
        yield Entry(
            refund.said_at, _refund_row(trade, refund, currency), is_delivered=refund.is_ours
        )


def _refund_row(trade: Trade, refund: Return, currency: str) -> Row:
    status = STATUS.get(refund.state, "failed")
    return _row(
        "refund", trade.payment_no, refund.refund_no, -refund.amount, currency, status=status
    )


def _row(
    kind: str, payment_no: str, refund_no: str, amount: int, currency: str, **more: object
) -> Row:
    return {
        "kind": kind,
        "payment_no": payment_no,
        "refund_no": refund_no,
        "channel_no": refund_no or payment_no,
        "amount": amount,
        "currency": currency,
        "status": "done",
        **more,
    }
