"""An app's payments, orders, refunds and splits in the order in which they were made: numbers.

Numbers sort by the time at which they were made, so a page goes on behind a number and a period is
a range of numbers; what exactly falls into it is said by the times of the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.database import Tx
from contracts.identifiers import Kind, earliest
from contracts.internal import ListQuery

SLACK: Final = timedelta(minutes=5)
"""How far the time in a number and that in its row may be apart."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What can be listed: its number, where it comes from, and the columns of the filters."""

    kind: Kind
    number: str
    rows: str
    app_id: str
    merchant_id: str
    state: str
    created_at: str
    own_number: str | None = None
    of_payments: str = "{}"


PAYMENTS: Final = Listed(
    kind="payment",
    number="p.payment_no",
    rows="payments p join orders o using (order_id)",
    app_id="p.app_id",
    merchant_id="o.merchant_id",
    state="p.state",
    created_at="p.created_at",
)
ORDERS: Final = Listed(
    kind="order",
    number="o.order_id",
    rows="orders o",
    app_id="o.app_id",
    merchant_id="o.merchant_id",
    state="o.state",
    created_at="o.created_at",
    of_payments="exists (select from payments p where p.order_id = o.order_id and {})",
)
REFUNDS: Final = Listed(
    kind="refund",
    number="r.refund_no",
    rows="refunds r join payments p using (payment_no) join orders o on o.order_id = r.order_id",
    app_id="r.app_id",
    merchant_id="r.merchant_id",
    state="r.state",
    created_at="r.created_at",
    own_number="r.merchant_refund_no",
)
SPLITS: Final = Listed(
    kind="split",
    number="s.split_no",
    rows="splits s join payments p using (payment_no) join orders o on o.order_id = s.order_id",
    app_id="s.app_id",
    merchant_id="s.merchant_id",
    state="s.state",
    created_at="s.created_at",
    own_number="s.merchant_split_no",
)


async def numbers(tx: Tx, listed: Listed, query: ListQuery, after: str | None) -> list[str]:
    """One number more than the page has, where there is one."""
    text, values = statement(listed, query, after)
    return [row["number"] for row in await tx.fetch(text, *values)]


def statement(listed: Listed, query: ListQuery, after: str | None) -> tuple[str, list[object]]:
    """The SQL of a page, and its values. Every part of the text is one of ours."""
    conditions = list(_conditions(listed, query, after))
    wheres = [text.format(f"${place}") for place, (text, _) in enumerate(conditions, 1)]
    direction = "desc" if query.order == "desc" else "asc"
    text = (
        f"select {listed.number} as number from {listed.rows}"  # noqa: S608
        f" where {' and '.join(wheres)}"
        f" order by {listed.number} {direction} limit {query.limit + 1}"
    )
    return text, [value for _, value in conditions]


def _conditions(
    listed: Listed, query: ListQuery, after: str | None
) -> Iterator[tuple[str, object]]:
    yield f"{listed.app_id} = {{}}", query.app_id
    yield f"{listed.merchant_id} = any ({{}}::text[])", query.merchant_ids
    if after is not None:
        yield f"{listed.number} {'<' if query.order == 'desc' else '>'} {{}}", after
    if query.status is not None:
        yield f"{listed.state} = {{}}", query.status
    yield from _period(listed, query)
    if query.merchant_order_no is not None:
        yield "o.merchant_order_no = {}", query.merchant_order_no
    if query.number is not None and listed.own_number is not None:
        yield f"{listed.own_number} = {{}}", query.number
    for column, value in _of_payments(query):
        yield listed.of_payments.format(column), value


def _period(listed: Listed, query: ListQuery) -> Iterator[tuple[str, object]]:
    if query.created_from is not None:
        yield f"{listed.created_at} >= {{}}", query.created_from
        yield f"{listed.number} >= {{}}", earliest(listed.kind, query.created_from - SLACK)
    if query.created_to is not None:
        yield f"{listed.created_at} < {{}}", query.created_to
        yield f"{listed.number} < {{}}", earliest(listed.kind, query.created_to + SLACK)


def _of_payments(query: ListQuery) -> Iterator[tuple[str, object]]:
    filters: dict[str, object] = {
        "p.channel = {}": query.channel,
        "p.payment_no = {}": query.payment_no,
        "p.channel_trade_no = {}": query.channel_trade_no,
        "p.paid_at >= {}": query.paid_from,
        "p.paid_at < {}": query.paid_to,
    }
    return ((column, value) for column, value in filters.items() if value is not None)
