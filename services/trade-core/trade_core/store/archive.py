"""The archive: closed orders, with all that belongs to them, in tables of the month they are from.

A month's tables (schema `archive`) inherit from those in use: `from payments` reads all of them,
`from only payments` those in use. An order lies in one place with all its rows, and its move is one
transaction, so that one statement finds it once. What is written, and what a payment waits for,
goes to `only` the tables in use; an order of the archive that somebody comes for is brought back
before (`store.aggregates`). Lists, statements and checks read everything.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

import asyncpg
import structlog

from chassis.database import Tx
from contracts.identifiers import earliest, made_at
from trade_core.domain.order import OrderKey

log = structlog.get_logger()

PARTS: Final = ("orders", "payments", "refunds", "splits", "split_shares")
"""In the order of their foreign keys."""

Wanted = Literal["order", "payment", "refund", "split"]


async def fetch(tx: Tx, statement: str, numbers: Collection[str]) -> Sequence[asyncpg.Record]:
    """The rows with these numbers: of the tables in use and, if one is not there, of all.
    `statement` says `{only}` where that makes the difference."""
    rows = await tx.fetch(statement.format(only="only"), numbers)
    if len(rows) < len(set(numbers)):
        return await tx.fetch(statement.format(only=""), numbers)
    return rows


async def bring_back(tx: Tx, wanted: Wanted, numbers: Collection[str]) -> None:
    """Put archived orders that have one of these numbers back among those in use. Look for them
    there again in any case: somebody else may just have done it."""
    await _bring_back(tx, await tx.fetch(_LOCK_BY[wanted], list(numbers)))


async def bring_back_numbered(tx: Tx, key: OrderKey) -> None:
    """The same for the app's number of an order."""
    place = key.app_id, key.merchant_id, key.merchant_order_no
    await _bring_back(tx, await tx.fetch(_LOCK_BY_KEY, *place))


async def list_over(tx: Tx, *, after: str, before: str, limit: int) -> list[str]:
    """The next orders in use with a number between these with which nothing is going on any more;
    what somebody else is just busy with is left out. Their numbers are listed, from which on a
    create looks for the order instead of opening it."""
    over = [row["order_id"] for row in await tx.fetch(_NEXT_OVER, after, before, limit)]
    if over:
        await tx.execute(_LIST_NUMBERS, over)
    return over


async def lock_listed(tx: Tx, order_ids: Sequence[str], listed_for: timedelta) -> list[str]:
    """Those of these orders, locked, with which still nothing is going on, and whose numbers were
    listed so long ago: a create that has not seen it has ended."""
    rows = await tx.fetch(_LOCK_LISTED, order_ids, listed_for)
    locked = [row["order_id"] for row in rows]
    # Once more behind the lock: something may have begun while it was waited for.
    return [row["order_id"] for row in await tx.fetch(_STILL_OVER, locked)] if locked else []


async def put_away(tx: Tx, month: date, order_ids: Sequence[str]) -> None:
    """Move locked orders of one month there, with all that belongs to them."""
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    after = (first + timedelta(days=31)).replace(day=1)
    await tx.execute(_OPEN_MONTH, month, earliest("order", first), earliest("order", after))
    for statement in (_KEEP_TRADE_NUMBERS, _FORGET_COUNTER_CODES):
        await tx.execute(statement, order_ids)
    for part in reversed(PARTS):
        target = f"archive.{part}_{month:%Y_%m}"
        move = _MOVE.format(source=f"only {part}", rows=_OF_ORDERS[part], target=target)
        await tx.execute(move, order_ids)


def month_of(order_id: str) -> date:
    """The first day of the month (UTC) in which the number was made."""
    return made_at(order_id).date().replace(day=1)


async def _bring_back(tx: Tx, found: Sequence[asyncpg.Record]) -> None:
    if not found:
        return
    order_ids = [row["order_id"] for row in found]
    for part in PARTS:
        await tx.execute(_BRING_BACK[part], order_ids)
    log.info("orders.brought_back", order_ids=order_ids)


_OF_ORDERS: Final = dict.fromkeys(PARTS, "order_id = any ($1::text[])") | {
    "splits": """
payment_no in (select payment_no from payments where order_id = any ($1::text[]))
""",
    "split_shares": """
split_no in (
    select split_no from payments join splits using (payment_no)
    where payments.order_id = any ($1::text[]))
""",
}
"""Which rows belong to some orders, by an index."""

_MOVE: Final = """
with gone as (delete from {source} where {rows} returning *)
insert into {target} select * from gone
"""

_BRING_BACK: Final = {
    part: _MOVE.format(source=part, rows=f"{rows} and tableoid <> '{part}'::regclass", target=part)
    for part, rows in _OF_ORDERS.items()
}

_LOCK = """
select order_id from orders where {} and tableoid <> 'orders'::regclass
order by order_id for update
"""

_LOCK_BY_KEY = _LOCK.format("app_id = $1 and merchant_id = $2 and merchant_order_no = $3")

_LOCK_BY: Final[dict[Wanted, str]] = {
    "order": _LOCK.format("order_id = any ($1::text[])"),
    "payment": _LOCK.format(
        "order_id in (select order_id from payments where payment_no = any ($1::text[]))"
    ),
    "refund": _LOCK.format(
        "order_id in (select order_id from refunds where refund_no = any ($1::text[]))"
    ),
    "split": _LOCK.format(
        "order_id in (select order_id from splits where split_no = any ($1::text[]))"
    ),
}

# Nothing is due for it, and nothing waits for a channel or a person.
_OVER: Final = """
select order_id from only orders o
where {which} and state <> 'open'
  and not exists (
    select from only payments p
    where p.order_id = o.order_id
      and (p.state in ('initiating', 'pending', 'unknown', 'conflicted')
           or exists (select from due_work where subject = p.payment_no)))
  and not exists (
    select from only refunds r
    where r.order_id = o.order_id
      and (r.state in ('processing', 'abnormal')
           or exists (select from due_work where subject = r.refund_no)))
  and not exists (
    select from only payments p join only splits s using (payment_no)
    where p.order_id = o.order_id
      and (s.state = 'processing'
           or exists (select from due_work where subject = s.split_no)))
order by order_id
"""

_NEXT_OVER = (
    _OVER.format(which="order_id > $1 and order_id < $2") + "limit $3 for update skip locked"
)

_STILL_OVER = _OVER.format(which="order_id = any ($1::text[])")

_LOCK_LISTED = """
select order_id from only orders
join archived_order_numbers n using (app_id, merchant_id, merchant_order_no)
where order_id = any ($1::text[]) and n.listed_at <= statement_timestamp() - $2::interval
order by order_id for update of orders skip locked
"""

_LIST_NUMBERS = """
insert into archived_order_numbers (app_id, merchant_id, merchant_order_no, listed_at)
select app_id, merchant_id, merchant_order_no, statement_timestamp()
from only orders where order_id = any ($1::text[])
on conflict do nothing
"""

_OPEN_MONTH = "select open_archive_month($1, $2, $3)"

_KEEP_TRADE_NUMBERS = """
insert into archived_trade_numbers (channel_trade_no, payment_id, payment_no)
select channel_trade_no, payment_id, payment_no from only payments
where order_id = any ($1::text[]) and channel_trade_no is not null and payment_id is not null
  and not shares_trade_no
on conflict do nothing
"""

# They are for the limit of a day that is over.
_FORGET_COUNTER_CODES = "delete from counter_code_orders where order_id = any ($1::text[])"
