"""What people decided, and why: written beside the change, never altered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from contracts.internal import DecisionOnFile


@dataclass(frozen=True, slots=True)
class Decided:
    """`subject` is the number of a payment or refund."""

    subject: str
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime


async def add(tx: Tx, decided: Decided) -> None:
    await tx.execute(
        _ADD,
        decided.subject,
        decided.decision,
        decided.reason,
        decided.decided_by,
        decided.decided_at,
    )


async def find_latest(tx: Tx, subject: str) -> Decided | None:
    row = await tx.fetchrow(_LATEST, subject)
    return None if row is None else Decided(**row)


async def list_of(tx: Tx, subjects: Sequence[str]) -> list[DecisionOnFile]:
    """What was decided of all these numbers, in that order."""
    rows = await tx.fetch(_LIST, subjects)
    return [DecisionOnFile.model_validate(dict(row)) for row in rows]


_LIST = """
select subject, decision, reason, decided_by, decided_at
from decision where subject = any ($1::text[]) order by id
"""

_ADD = """
insert into decision (subject, decision, reason, decided_by, decided_at)
values ($1, $2, $3, $4, $5)
"""

_LATEST = """
select subject, decision, reason, decided_by, decided_at
from decision where subject = $1 order by id desc limit 1
"""
