"""The chain of the audit, read again from its first row to its last.

The text of a link is that of the migration which made the chain, said here once more: a function of
the database could have been changed together with the rows.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.database import Tx

BATCH: Final = 5_000

GENESIS = "select sha256('paymesh audit')"

LINKS = """
select position, day, hash,
       sha256(lag(hash, 1, $1::bytea) over (order by position) || convert_to(jsonb_build_array(
           position, to_char(day, 'YYYY-MM-DD'), id,
           to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
           actor, action, entity_kind, entity_id,
           before, after, ip, request_id)::text, 'utf8')) as expected
  from audit
 where position > $2
 order by position
 limit $3
"""

HEAD = "select position, hash from audit_head"


@dataclass(frozen=True, slots=True)
class DayOfAudit:
    """`last_hash` stands for all rows up to the end of this day: kept elsewhere, it proves them."""

    day: date
    rows: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """`broken_at`: the first position that is missing or whose row is not the one that was
    written; None where all is as it was."""

    days: list[DayOfAudit]
    broken_at: int | None


async def check_chain(tx: Tx) -> AuditCheck:
    """Read all rows, in a transaction that sees one state of them (`repeatable read`)."""
    days: list[DayOfAudit] = []
    position, last = 0, await tx.fetchval(GENESIS)
    while rows := await tx.fetch(LINKS, last, position, BATCH):
        for row in rows:
            if row["position"] != position + 1 or row["hash"] != row["expected"]:
                return AuditCheck(days, position + 1)
            position, last = row["position"], row["hash"]
            count = days.pop().rows + 1 if days and days[-1].day == row["day"] else 1
            days.append(DayOfAudit(row["day"], count, last))
    head = await tx.fetchrow(HEAD)
    is_whole = head is not None and (head["position"], head["hash"]) == (position, last)
    return AuditCheck(days, None if is_whole else position + 1)
