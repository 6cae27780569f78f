"""What the nightly check of the books finds, and how people hear of it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.events.alerts import Alert, Severity

CHECKED_FROM: Final = timedelta(hours=18)
"""After midnight UTC: two in the morning in Beijing, when the least is paid."""

LOOKED_BACK: Final = timedelta(days=3)
"""Payments that were opened so long before the last check are looked at again."""

MAX_SHOWN: Final = 20
"""Numbers named in the alert; the log names all."""


class Part(StrEnum):
    """Which books disagree."""

    PAYMENT = "payment"
    """A payment's columns or its order's, its refunds and splits, and its entries in the ledger."""
    TRANSACTION = "transaction"
    """A ledger transaction that does not balance, or is about nothing."""
    BALANCE = "balance"
    """The kept sums, and the postings that they are sums of."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` is a number, the id of a transaction, or an account."""

    part: Part
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Base:
    """What an earlier check found right: the ledger up to a transaction, when it was over."""

    upto: int
    at: datetime


@dataclass(slots=True)
class Findings:
    """What was read, and what of it disagrees; `is_full`: from the beginning."""

    is_full: bool = True
    payments: int = 0
    transactions: int = 0
    differences: list[Difference] = field(default_factory=list)

    def counts(self) -> dict[Part, int]:
        """How many differences of each part, also of those without any."""
        counted = Counter(difference.part for difference in self.differences)
        return {part: counted[part] for part in Part}


def last_due(now: datetime) -> datetime:
    """When the check was to be made last."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight + CHECKED_FROM
    return today if now >= today else today - timedelta(days=1)


def month_of(night: datetime) -> date:
    """The first day of the month, in which one check is of everything; `night`: of `last_due`."""
    return night.date().replace(day=1)


def alert(findings: Findings) -> Alert:
    """The books disagree."""
    first = findings.differences[:MAX_SHOWN]
    return Alert(
        key="ledger_check_failed",
        severity=Severity.CRITICAL,
        title="The books disagree",
        detail=f"{len(findings.differences)} differences; the log of trade-core names them all.",
        facts={
            **{str(part): count for part, count in findings.counts().items()},
            "first": [f"{each.part} {each.subject}: {each.detail}" for each in first],
        },
    )
