"""What was begun at counter codes on a day."""

from datetime import date

from chassis.database import Tx


async def sum_locked(tx: Tx, code_id: str, day: date) -> int:
    """Of all orders of the code on this Beijing day that are paid or can be; nobody else adds to
    it before the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", code_id)
    return int(await tx.fetchval(_SUM, code_id, day))


async def add(tx: Tx, code_id: str, day: date, order_id: str) -> None:
    await tx.execute(_ADD, order_id, code_id, day)


_SUM = """
select coalesce(sum(o.amount), 0)::bigint
from counter_code_orders c join only orders o using (order_id)
where c.code_id = $1 and c.day = $2 and o.state <> 'closed'
"""
_ADD = "insert into counter_code_orders (order_id, code_id, day) values ($1, $2, $3)"
