"""What became true of orders, event by event."""

from collections.abc import Collection, Sequence

from chassis.database import Tx
from merchant_admin.domain.projection import PastEvent
from merchant_admin.domain.scope import Scope
from merchant_admin.store.scope import within

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

OF_EVENTS = within(
    """
select order_id, h.sequence, h.event_id, h.at, h.type, h.subject, h.trace_id, h.facts
  from order_history h join orders_view o using (order_id)
 where h.event_id = any ($1::text[]) and :scope
""",
    "o.merchant_id",
    2,
)


async def put(tx: Tx, events: Sequence[PastEvent]) -> None:
    """What is known already stays as it is."""
    if events:
        await tx.execute(PUT, events)


async def list_of_order(tx: Tx, order_id: str, limit: int) -> list[PastEvent]:
    """The newest, the oldest of them first."""
    rows = await tx.fetch(LIST, order_id, limit)
    return [PastEvent(**row) for row in reversed(rows)]


async def list_by_events(tx: Tx, event_ids: Collection[str], scope: Scope) -> dict[str, PastEvent]:
    """By event id; those that have not arrived here, or lie outside the scope, are left out."""
    rows = await tx.fetch(OF_EVENTS, list(event_ids), scope.parameter)
    return {row["event_id"]: PastEvent(**row) for row in rows}
