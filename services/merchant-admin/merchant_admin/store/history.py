"""What became true of orders, event by event."""

from collections.abc import Collection, Sequence

from chassis.database import Tx
from merchant_admin.domain.projection import PastEvent

PUT = """
insert into order_history (order_id, sequence, event_id, at, type, subject, trace_id, facts)
select * from jsonb_to_recordset($1)
  as told (order_id text, sequence bigint, event_id text, at timestamptz, type text, subject text,
           trace_id text, facts jsonb)
on conflict do nothing
"""

LIST = """
select order_id, sequence, event_id, at, type, subject, trace_id, facts
  from order_history where order_id = $1 order by sequence desc limit $2
"""

OF_EVENTS = """
select order_id, sequence, event_id, at, type, subject, trace_id, facts
  from order_history where event_id = any ($1::text[])
"""


async def put(tx: Tx, events: Sequence[PastEvent]) -> None:
    """What is known already stays as it is."""
    if events:
        await tx.execute(PUT, events)


async def list_of_order(tx: Tx, order_id: str, limit: int) -> list[PastEvent]:
    """The newest, the oldest of them first."""
    rows = await tx.fetch(LIST, order_id, limit)
    return [PastEvent(**row) for row in reversed(rows)]


async def list_by_events(tx: Tx, event_ids: Collection[str]) -> dict[str, PastEvent]:
    """By event id; those that have not arrived here are left out."""
    rows = await tx.fetch(OF_EVENTS, list(event_ids))
    return {row["event_id"]: PastEvent(**row) for row in rows}
