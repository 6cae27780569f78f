"""An app's payments, orders, refunds and splits in the order in which they were made: numbers.

Numbers sort by the time at which they were made, so a page goes on behind a number and a period is
a range of numbers; what exactly falls into it is said by the times of the rows.

However much an app has, a page costs no more than `SCANNED` looks: what a filter names by number is
found by that number; for any other, so many are looked at, and the page goes on behind the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.database import Tx
from contracts.identifiers import PREFIX, ULID_LENGTH, Kind, earliest
from contracts.internal import ListQuery

SLACK: Final = timedelta(minutes=5)
"""How far the time in a number and that in its row may be apart."""

SCANNED: Final = 2_000
"""About as many as can be looked at in 50 ms."""


SORTING: Final = "set local enable_sort = {0}; set local enable_incremental_sort = {0}"
"""A plan is made once for all apps, by what they have on average: so it read all that a large one
has, and sorted it. Nothing but a trip of its own forbids that."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What can be listed: its number, its table and what is joined to that, and the columns of the
    filters. `of_orders`: how it is found by the ids of orders, by an index."""

    kind: Kind
    number: str
    table: str
    joined: str
    app_id: str
    merchant_id: str
    state: str
    created_at: str
    of_orders: str
    own_number: str | None = None
    of_payments: str = "{}"


PAYMENTS: Final = Listed(
    kind="payment",
    number="p.payment_no",
    table="payments p",
    joined="join orders o using (order_id)",
    app_id="p.app_id",
    merchant_id="o.merchant_id",
    state="p.state",
    created_at="p.created_at",
    of_orders="p.order_id = any (array({}))",
)
ORDERS: Final = Listed(
    kind="order",
    number="o.order_id",
    table="orders o",
    joined="",
    app_id="o.app_id",
    merchant_id="o.merchant_id",
    state="o.state",
    created_at="o.created_at",
    of_orders="o.order_id = any (array({}))",
    of_payments="exists (select from payments p where p.order_id = o.order_id and {})",
)
REFUNDS: Final = Listed(
    kind="refund",
    number="r.refund_no",
    table="refunds r",
    joined="join payments p using (payment_no) join orders o on o.order_id = r.order_id",
    app_id="r.app_id",
    merchant_id="r.merchant_id",
    state="r.state",
    created_at="r.created_at",
    of_orders="r.order_id = any (array({}))",
    own_number="r.merchant_refund_no",
)
SPLITS: Final = Listed(
    kind="split",
    number="s.split_no",
    table="splits s",
    joined="join payments p using (payment_no) join orders o on o.order_id = s.order_id",
    app_id="s.app_id",
    merchant_id="s.merchant_id",
    state="s.state",
    created_at="s.created_at",
    of_orders="s.payment_no = any (array("
    "select payment_no from payments where order_id = any (array({}))))",
    own_number="s.merchant_split_no",
)


@dataclass(frozen=True, slots=True)
class Page:
    """`goes_on_after`: where the next page begins; None at the end."""

    numbers: list[str]
    goes_on_after: str | None


async def page(
    tx: Tx, listed: Listed, query: ListQuery, after: str | None, *, scanned: int = SCANNED
) -> Page:
    """May be shorter than the limit, or empty, and still go on: see `SCANNED`."""
    text, values = statement(listed, query, after, scanned=scanned)
    if names_a_number(listed, query):
        found = await _numbers(tx, text, values)
        return Page(found[: query.limit], found[query.limit - 1] if found[query.limit :] else None)
    await tx.execute(SORTING.format("off"))
    found = await _numbers(tx, text, values)
    goes_on_after = found[query.limit - 1] if found[query.limit :] else None
    if goes_on_after is None:
        text, values = last_scanned(listed, query, after, scanned=scanned)
        goes_on_after = await tx.fetchval(text, *values)
    await tx.execute(SORTING.format("on"))
    return Page(found[: query.limit], goes_on_after)


def names_a_number(listed: Listed, query: ListQuery) -> bool:
    named = [query.merchant_order_no, query.payment_no, query.channel_trade_no]
    if listed.own_number is not None:
        named.append(query.number)
    return any(number is not None for number in named)


def statement(
    listed: Listed, query: ListQuery, after: str | None, *, scanned: int = SCANNED
) -> tuple[str, list[object]]:
    """The SQL of a page and one number more, and its values. Every part of the text is ours."""
    values: list[object] = [query.app_id, query.merchant_ids]
    if names_a_number(listed, query):
        rows, ordered = listed.table, f"order by {listed.number} {query.order}"
        within = f" and {listed.app_id} = $1" + _numbered(values, _range(listed, query, after))
    else:
        walked, ordered = _walked(listed, query, after, values), _ordered(listed, query)
        rows, within = f"(select * {walked} limit {scanned}) {listed.table.split()[1]}", ""
    filters = _numbered(values, _filters(listed, query))
    text = (
        f"select {listed.number} as number from {rows} {listed.joined}"  # noqa: S608
        f" where {listed.merchant_id} = any ($2::text[]){within}{filters}"
        f" {ordered} limit {query.limit + 1}"
    )
    return text, values


def last_scanned(
    listed: Listed, query: ListQuery, after: str | None, *, scanned: int = SCANNED
) -> tuple[str, list[object]]:
    """The last of those that `statement` looks at, where there are so many."""
    values: list[object] = [query.app_id]
    walked = _walked(listed, query, after, values)
    return f"select {listed.number} {walked} offset {scanned - 1} limit 1", values


def _walked(listed: Listed, query: ListQuery, after: str | None, values: list[object]) -> str:
    """The rows of the app, $1, along its index.

    Between two rows, and not where the app is this one: only that index has this order. In the
    order of their numbers alone a large app's were looked for among everybody's newest.
    """
    row = f"({listed.app_id}, {listed.number})"
    first, last = _bounds(listed, query, after)
    bounds = _numbered(
        values, iter([(f"{row} >= ($1, {{}})", first), (f"{row} <= ($1, {{}})", last)])
    )
    if after is not None:
        bounds += _numbered(values, iter([(f"{listed.number} <> {{}}", after)]))
    return f"from {listed.table} where true{bounds} {_ordered(listed, query)}"


def _bounds(listed: Listed, query: ListQuery, after: str | None) -> tuple[str, str]:
    """The first and the last number that may be on the page or behind it, and `after`."""
    first, last = PREFIX[listed.kind], PREFIX[listed.kind] + "Z" * ULID_LENGTH
    if query.created_from is not None:
        first = earliest(listed.kind, query.created_from - SLACK)
    if query.created_to is not None:
        last = earliest(listed.kind, query.created_to + SLACK)
    if after is None:
        return first, last
    return (first, min(after, last)) if query.order == "desc" else (max(after, first), last)


def _ordered(listed: Listed, query: ListQuery) -> str:
    return f"order by {listed.app_id} {query.order}, {listed.number} {query.order}"


def _numbered(values: list[object], conditions: Iterator[tuple[str, object]]) -> str:
    """The conditions in SQL; their values are added to those that are there."""
    text = ""
    for condition, value in conditions:
        values.append(value)
        text += " and " + condition.format(f"${len(values)}")
    return text


async def _numbers(tx: Tx, text: str, values: list[object]) -> list[str]:
    return [row["number"] for row in await tx.fetch(text, *values)]


def _range(listed: Listed, query: ListQuery, after: str | None) -> Iterator[tuple[str, object]]:
    if after is not None:
        yield f"{listed.number} {'<' if query.order == 'desc' else '>'} {{}}", after
    if query.created_from is not None:
        yield f"{listed.number} >= {{}}", earliest(listed.kind, query.created_from - SLACK)
    if query.created_to is not None:
        yield f"{listed.number} < {{}}", earliest(listed.kind, query.created_to + SLACK)


def _filters(listed: Listed, query: ListQuery) -> Iterator[tuple[str, object]]:
    if query.status is not None:
        yield f"{listed.state} = {{}}", query.status
    if query.created_from is not None:
        yield f"{listed.created_at} >= {{}}", query.created_from
    if query.created_to is not None:
        yield f"{listed.created_at} < {{}}", query.created_to
    for orders, value in _orders(query):
        yield listed.of_orders.format(orders), value
    if query.number is not None and listed.own_number is not None:
        yield f"{listed.own_number} = {{}}", query.number
    for column, value in _of_payments(query):
        yield listed.of_payments.format(column), value


def _orders(query: ListQuery) -> Iterator[tuple[str, object]]:
    """The orders of a number. $1 and $2: the app and its merchants."""
    if query.merchant_order_no is not None:
        yield (
            "select order_id from orders"
            " where app_id = $1 and merchant_id = any ($2::text[]) and merchant_order_no = {}",
            query.merchant_order_no,
        )
    if query.payment_no is not None:
        yield "select order_id from payments where payment_no = {}", query.payment_no
    if query.channel_trade_no is not None:  # Each half has its index.
        yield (
            "select order_id from payments"
            " where channel_trade_no = {0} and not shares_trade_no union all"
            " select order_id from payments where channel_trade_no = {0} and shares_trade_no",
            query.channel_trade_no,
        )


def _of_payments(query: ListQuery) -> Iterator[tuple[str, object]]:
    filters: dict[str, object] = {
        "p.channel = {}": query.channel,
        "p.payment_no = {}": query.payment_no,
        "p.channel_trade_no = {}": query.channel_trade_no,
        "p.paid_at >= {}": query.paid_from,
        "p.paid_at < {}": query.paid_to,
    }
    return ((column, value) for column, value in filters.items() if value is not None)
