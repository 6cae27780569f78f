"""What channels said that changed nothing: kept for people, for a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from contracts.events.channel_calls import ChannelCall
from contracts.internal import CallOnFile


@dataclass(frozen=True, slots=True)
class QuietCall:
    """`subject`: the payment, refund or split that was spoken of."""

    order_id: str
    subject: str
    at: datetime
    call: ChannelCall
    traceparent: str | None


async def add(tx: Tx, calls: Sequence[QuietCall]) -> None:
    if calls:
        rows = [
            {
                "order_id": each.order_id,
                "subject": each.subject,
                "at": each.at,
                "call": each.call.model_dump(mode="json"),
                "traceparent": each.traceparent,
            }
            for each in calls
        ]
        await tx.execute(_ADD, rows)


async def list_of_order(tx: Tx, order_id: str, limit: int) -> list[CallOnFile]:
    """The newest, the oldest of them first."""
    rows = await tx.fetch(_LIST, order_id, limit)
    return [CallOnFile.model_validate(dict(row)) for row in reversed(rows)]


async def forget(tx: Tx, before: datetime, limit: int) -> int:
    """Delete what was said before; answers how many."""
    return len(await tx.fetch(_FORGET, before, limit))


_ADD = """
insert into channel_call (order_id, subject, at, call, traceparent)
select * from jsonb_to_recordset($1)
  as c (order_id text, subject text, at timestamptz, call jsonb, traceparent text)
"""

_LIST = """
select subject, at, call, traceparent from channel_call
where order_id = $1 order by id desc limit $2
"""

_FORGET = """
delete from channel_call
where id = any (array(select id from channel_call where at < $1 limit $2))
returning id
"""
