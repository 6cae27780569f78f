"""Reading the read model. All three statements take the parameters of `parameters`.

A parameter that is null drops its condition: the statements are planned with the values at hand
(`force_custom_plan`), so that what is left is what the planner sees. Conditions on other tables
are arrays, not semi-joins, so that they too can use an index behind `or`.
"""

import asyncpg

from chassis.database import Tx
from contracts.api import OrderSummary, PaymentView, RefundView
from contracts.money import MINOR_DIGITS
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Delivery, FoundOrder, FoundPayment, FoundRefund, Search
from merchant_admin.store.scope import within
from merchant_admin.store.shown_status import OF_ORDER, OF_PAYMENT, shown_status

PLAN_WITH_VALUES = "set local plan_cache_mode = force_custom_plan"

DIGITS = " ".join(
    f"when '{currency}' then {10 ** (3 - digits)}"
    for currency, digits in MINOR_DIGITS.items()
    if digits != 2
)
_THOUSANDTHS = "(({0}.view ->> 'amount')::bigint * case {0}.view ->> 'currency' {1} else 10 end)"
"""Amounts of all currencies on one scale: people type 1000, and mean yen as well as yuan."""


def with_thousandths(statement: str, alias: str) -> str:
    """`:thousandths` is the amount of what is searched."""
    return statement.replace(":thousandths", _THOUSANDTHS.format(alias, DIGITS))


def _searched(statement: str, alias: str) -> str:
    return within(with_thousandths(statement, alias), f"{alias}.merchant_id", 17)


# Of a refund without a number of an app's, the money never paid an order, unless it was booked as
# made outside: a dispute that was won.
STRANDED = """(p.status = 'succeeded'
        and p.payment_no = any (array(select payment_no from refunds_view
                                       where status = 'failed' and merchant_refund_no is null
                                         and view ->> 'cause' is distinct from 'external'))
        and (p.view ->> 'amount')::bigint > (
            select coalesce(sum(r.amount), 0) from refunds_view r
             where r.payment_no = p.payment_no and r.status <> 'failed'))"""


def _refunded(alias: str, amounts: tuple[str, str]) -> str:
    """Whether as much went back as the search asks for. `amounts`: what did, and what was paid."""
    back, paid = (amount.format(alias) for amount in amounts)
    return f"""case $23 when 'none' then {back} = 0
             when 'whole' then {back} > 0 and {back} >= {paid} else {back} > 0 end"""


_ORDERS = _searched(
    """
select :columns
  from orders_view o
 where ($1::text is null or o.merchant_order_no = $1
        or o.order_id = any (array(select order_id from payments_view
                                    where payment_no = $1 or channel_trade_no = $1))
        or o.order_id = any (array(select order_id from refunds_view
                                    where refund_no = $1 or merchant_refund_no = $1
                                       or channel_refund_no = $1)))
   and ($2::text is null or o.merchant_order_no = $2)
   and ($3::text is null or o.order_id = any (
        array(select order_id from payments_view where payment_no = $3)))
   and ($4::text is null or o.order_id = any (
        array(select order_id from payments_view where channel_trade_no = $4)))
   and ($5::text is null or o.order_id = any (
        array(select order_id from refunds_view where merchant_refund_no = $5)))
   and ($6::text is null or o.order_id = any (
        array(select order_id from refunds_view where refund_no = $6)))
   and ($7::text is null or o.order_id = any (
        array(select order_id from refunds_view where channel_refund_no = $7)))
   and ($8::text is null or o.merchant_id = $8)
   and ($9::text is null or o.app_id = $9)
   and $10::text is null
   and ($11::text is null or o.status = $11)
   and ($12::timestamptz is null or o.created_at >= $12)
   and ($13::timestamptz is null or o.created_at < $13)
   and ($14::timestamptz is null or (o.created_at, o.order_id) < ($14, $15::text))
   and ($18::text is null or exists (
        select from payments_view p where p.order_id = o.order_id and p.view ->> 'method' = $18))
   and ($19::bigint is null or :thousandths >= $19)
   and ($20::bigint is null or :thousandths <= $20)
   and $21::text is null and $22::boolean is not true
   and ($23::text is null or :refunded)
   and :scope
 order by o.created_at desc, o.order_id desc
 limit $16
""".replace(":refunded", _refunded("o", OF_ORDER)),
    "o",
)

_PAYMENTS = _searched(
    """
select :columns
  from payments_view p left join deliveries_view d using (callback_id)
 where ($1::text is null or p.payment_no = $1 or p.merchant_order_no = $1
        or p.channel_trade_no = $1
        or p.payment_no = any (array(select payment_no from refunds_view
                                      where refund_no = $1 or merchant_refund_no = $1
                                         or channel_refund_no = $1)))
   and ($2::text is null or p.merchant_order_no = $2)
   and ($3::text is null or p.payment_no = $3)
   and ($4::text is null or p.channel_trade_no = $4)
   and ($5::text is null or p.payment_no = any (
        array(select payment_no from refunds_view where merchant_refund_no = $5)))
   and ($6::text is null or p.payment_no = any (
        array(select payment_no from refunds_view where refund_no = $6)))
   and ($7::text is null or p.payment_no = any (
        array(select payment_no from refunds_view where channel_refund_no = $7)))
   and ($8::text is null or p.merchant_id = $8)
   and ($9::text is null or p.app_id = $9)
   and ($10::text is null or p.channel = $10)
   and ($11::text is null or p.status = $11)
   and ($12::timestamptz is null or p.created_at >= $12)
   and ($13::timestamptz is null or p.created_at < $13)
   and ($14::timestamptz is null or (p.created_at, p.payment_no) < ($14, $15::text))
   and ($18::text is null or p.view ->> 'method' = $18)
   and ($19::bigint is null or :thousandths >= $19)
   and ($20::bigint is null or :thousandths <= $20)
   and ($21::text is null or (p.view -> 'metadata' ->> 'code_id' = $21 and exists (
        select from counter_code c
         where c.code_id = $21 and c.merchant_id = p.merchant_id and c.app_id = p.app_id)))
   and ($22::boolean is not true or :stranded)
   and ($23::text is null or :refunded)
   and :scope
 order by p.created_at desc, p.payment_no desc
 limit $16
""".replace(":stranded", STRANDED).replace(":refunded", _refunded("p", OF_PAYMENT)),
    "p",
)

_REFUNDS = _searched(
    """
select :columns
  from refunds_view r left join deliveries_view d using (callback_id)
 where ($1::text is null or r.refund_no = $1 or r.merchant_refund_no = $1
        or r.channel_refund_no = $1
        or r.payment_no = any (array(select payment_no from payments_view
                                      where payment_no = $1 or merchant_order_no = $1
                                         or channel_trade_no = $1)))
   and ($2::text is null or r.payment_no = any (
        array(select payment_no from payments_view where merchant_order_no = $2)))
   and ($3::text is null or r.payment_no = $3)
   and ($4::text is null or r.payment_no = any (
        array(select payment_no from payments_view where channel_trade_no = $4)))
   and ($5::text is null or r.merchant_refund_no = $5)
   and ($6::text is null or r.refund_no = $6)
   and ($7::text is null or r.channel_refund_no = $7)
   and ($8::text is null or r.merchant_id = $8)
   and ($9::text is null or r.app_id = $9)
   and $10::text is null
   and ($11::text is null or r.status = $11)
   and ($12::timestamptz is null or r.created_at >= $12)
   and ($13::timestamptz is null or r.created_at < $13)
   and ($14::timestamptz is null or (r.created_at, r.refund_no) < ($14, $15::text))
   and ($18::text is null or exists (
        select from payments_view p
         where p.payment_no = r.payment_no and p.view ->> 'method' = $18))
   and ($19::bigint is null or :thousandths >= $19)
   and ($20::bigint is null or :thousandths <= $20)
   and $21::text is null and $22::boolean is not true and $23::text is null
   and :scope
 order by r.created_at desc, r.refund_no desc
 limit $16
""",
    "r",
)

# As a condition of its own, not behind an `or`, it lets the planner begin with the payments of a
# channel that has few.
_ORDERS_AT_CHANNEL = _ORDERS.replace(
    "$10::text is null",
    "exists (select from payments_view p where p.order_id = o.order_id and p.channel = $10)",
)
_REFUNDS_AT_CHANNEL = _REFUNDS.replace(
    "$10::text is null",
    "exists (select from payments_view p where p.payment_no = r.payment_no and p.channel = $10)",
)

ORDER_COLUMNS = f"o.order_id, o.app_id, o.view, {shown_status('o')} as shown_status"
PAYMENT_COLUMNS = """p.order_id, p.app_id, p.view,
       (select coalesce(sum(amount), 0)::bigint from refunds_view r
         where r.payment_no = p.payment_no and r.status = 'succeeded') as amount_refunded,
       d.callback_id, d.state, d.attempts, d.last_status, d.url, d.at"""
REFUND_COLUMNS = """r.order_id, r.app_id, r.view,
       d.callback_id, d.state, d.attempts, d.last_status, d.url, d.at"""

GET_ORDER = within(
    f"""
select {ORDER_COLUMNS} from orders_view o where o.order_id = $1 and :scope
""",  # noqa: S608  # columns of ours
    "o.merchant_id",
    2,
)

PAYMENTS_OF_ORDER = within(
    f"""
select {PAYMENT_COLUMNS}
  from payments_view p left join deliveries_view d using (callback_id)
 where p.order_id = $1 and :scope
 order by p.created_at, p.payment_no
""",  # noqa: S608  # columns of ours
    "p.merchant_id",
    2,
)
REFUNDS_OF_ORDER = within(
    f"""
select {REFUND_COLUMNS}
  from refunds_view r left join deliveries_view d using (callback_id)
 where r.order_id = $1 and :scope
 order by r.created_at, r.refund_no
""",  # noqa: S608  # columns of ours
    "r.merchant_id",
    2,
)


async def list_orders(tx: Tx, search: Search) -> list[FoundOrder]:
    """The newest first."""
    return [_order(row) for row in await _fetch(tx, orders_found(search), ORDER_COLUMNS, search)]


async def list_payments(tx: Tx, search: Search) -> list[FoundPayment]:
    """The newest first."""
    rows = await _fetch(tx, payments_found(search), PAYMENT_COLUMNS, search)
    return [_payment(row, search.scope) for row in rows]


async def list_refunds(tx: Tx, search: Search) -> list[FoundRefund]:
    """The newest first."""
    rows = await _fetch(tx, refunds_found(search), REFUND_COLUMNS, search)
    return [_refund(row, search.scope) for row in rows]


async def get_order(tx: Tx, order_id: str, scope: Scope) -> FoundOrder:
    """Raises NoSuch, also for an order that has not arrived here yet."""
    row = await tx.fetchrow(GET_ORDER, order_id, scope.parameter)
    if row is None:
        raise NoSuch("order")
    return _order(row)


async def list_payments_of_order(tx: Tx, order_id: str, scope: Scope) -> list[FoundPayment]:
    """The oldest first."""
    rows = await tx.fetch(PAYMENTS_OF_ORDER, order_id, scope.parameter)
    return [_payment(row, scope) for row in rows]


async def list_refunds_of_order(tx: Tx, order_id: str, scope: Scope) -> list[FoundRefund]:
    """The oldest first."""
    rows = await tx.fetch(REFUNDS_OF_ORDER, order_id, scope.parameter)
    return [_refund(row, scope) for row in rows]


async def get_payment(tx: Tx, payment_no: str, scope: Scope) -> FoundPayment:
    """Raises NoSuch, also for a payment that has not arrived here yet."""
    for payment in await list_payments(tx, Search(scope, payment_no=payment_no, limit=1)):
        return payment
    raise NoSuch("payment")


async def get_refund(tx: Tx, refund_no: str, scope: Scope) -> FoundRefund:
    """Raises NoSuch, also for a refund that has not arrived here yet."""
    for refund in await list_refunds(tx, Search(scope, refund_no=refund_no, limit=1)):
        return refund
    raise NoSuch("refund")


def orders_found(search: Search) -> str:
    """The statement, without its `:columns`; so are its neighbours."""
    return _ORDERS_AT_CHANNEL if search.channel else _ORDERS


def payments_found(_: Search) -> str:
    return _PAYMENTS


def refunds_found(search: Search) -> str:
    return _REFUNDS_AT_CHANNEL if search.channel else _REFUNDS


async def _fetch(tx: Tx, statement: str, columns: str, search: Search) -> list[asyncpg.Record]:
    await tx.execute(PLAN_WITH_VALUES)
    return await tx.fetch(statement.replace(":columns", columns), *parameters(search))


def parameters(search: Search) -> tuple[object, ...]:
    return (
        search.number,
        search.merchant_order_no,
        search.payment_no,
        search.channel_trade_no,
        search.merchant_refund_no,
        search.refund_no,
        search.channel_refund_no,
        search.merchant_id,
        search.app_id,
        search.channel,
        search.state,
        search.created_from,
        search.created_before,
        search.after.created_at if search.after else None,
        search.after.number if search.after else None,
        search.limit,
        search.scope.parameter,
        search.method,
        search.amount_from,
        search.amount_to,
        search.code_id,
        search.stranded,
        search.refunded,
    )


def _order(row: asyncpg.Record) -> FoundOrder:
    order = OrderSummary.model_validate(row["view"])
    return FoundOrder(row["order_id"], row["app_id"], order, row["shown_status"])


def _payment(row: asyncpg.Record, scope: Scope) -> FoundPayment:
    # A refund's event does not carry the payment, so the sum is taken here.
    payment = PaymentView.model_validate({**row["view"], "amount_refunded": row["amount_refunded"]})
    return FoundPayment(row["order_id"], row["app_id"], payment, delivery_of(row, scope))


def _refund(row: asyncpg.Record, scope: Scope) -> FoundRefund:
    refund = RefundView.model_validate(row["view"])
    return FoundRefund(row["order_id"], row["app_id"], refund, delivery_of(row, scope))


def delivery_of(row: asyncpg.Record, scope: Scope) -> Delivery | None:
    """As whoever has this scope may see it."""
    if row["callback_id"] is None:
        return None
    return Delivery(
        state=row["state"],
        attempts=row["attempts"],
        last_status=row["last_status"],
        url=scope.shown_address(row["url"]),
        at=row["at"],
    )
