"""Which trace a payment, refund or split was asked for in: kept for a time, where traces are
recorded at all; otherwise nothing here asks the database."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from chassis import tracing
from chassis.database import Tx
from trade_core.domain.aggregate import OrderAggregate


async def keep(tx: Tx, subject: str, traceparent: str | None) -> None:
    """`subject`: the number of what was just asked for."""
    if tracing.is_recorded(traceparent):
        await tx.execute(_KEEP, [subject], traceparent)


async def keep_new(tx: Tx, changed: Iterable[OrderAggregate]) -> None:
    """Of each payment, refund and split that these aggregates have more than they had."""
    for aggregate in changed:
        if tracing.is_recorded(aggregate.traceparent):
            was = aggregate.snapshot
            new = (
                *(aggregate.payments.keys() - was.payments.keys()),
                *(aggregate.refunds.keys() - was.refunds.keys()),
                *(aggregate.splits.keys() - was.splits.keys()),
            )
            if new:
                await tx.execute(_KEEP, new, aggregate.traceparent)


async def find(tx: Tx, subjects: Collection[str]) -> Mapping[str, str]:
    """The traceparent of each that is known."""
    if not tracing.is_on():
        return {}
    rows = await tx.fetch(_FIND, list(subjects))
    return {row["subject"]: row["traceparent"] for row in rows}


async def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Delete what was asked for before; answers how many."""
    return len(await tx.fetch(_FORGET, before, limit))


_KEEP = """
insert into asked_in_trace (subject, traceparent)
select unnest($1::text[]), $2 on conflict do nothing
"""

_FIND = "select subject, traceparent from asked_in_trace where subject = any ($1::text[])"

_FORGET = """
delete from asked_in_trace
where subject = any (array(select subject from asked_in_trace where at < $1 limit $2))
returning subject
"""
