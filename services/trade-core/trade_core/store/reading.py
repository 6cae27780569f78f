"""Reads without a lock: for answers, and for commands to channels."""

from collections.abc import Collection, Sequence

from chassis.database import Tx
from trade_core.domain.order import Order, OrderKey
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.trade_numbers import TradeNumber
from trade_core.store import archive
from trade_core.store.rows import order_of, payment_of, refund_of


async def payments(tx: Tx, payment_nos: Sequence[str]) -> dict[str, Payment]:
    rows = await archive.fetch(tx, _PAYMENTS, payment_nos)
    return {row["payment_no"]: payment_of(row) for row in rows}


async def orders(tx: Tx, order_ids: Sequence[str]) -> dict[str, Order]:
    rows = await archive.fetch(tx, _ORDERS, order_ids)
    return {row["order_id"]: order_of(row) for row in rows}


async def refunds(tx: Tx, refund_nos: Sequence[str]) -> dict[str, Refund]:
    rows = await archive.fetch(tx, _REFUNDS, refund_nos)
    return {row["refund_no"]: refund_of(row) for row in rows}


async def trade_numbers(tx: Tx, numbers: Collection[TradeNumber]) -> dict[TradeNumber, str]:
    """Which payments have these; those that nobody has are left out."""
    accounts, trades = [number[0] for number in numbers], [number[1] for number in numbers]
    rows = await tx.fetch(_TRADE_NUMBERS, accounts, trades)
    return {(row["payment_id"], row["channel_trade_no"]): row["payment_no"] for row in rows}


async def find_payment(tx: Tx, payment_no: str) -> tuple[Order, Payment] | None:
    found = await payments(tx, [payment_no])
    if payment_no not in found:
        return None
    payment = found[payment_no]
    return (await orders(tx, [payment.order_id]))[payment.order_id], payment


async def find_order(tx: Tx, key: OrderKey) -> Order | None:
    place = key.app_id, key.merchant_id, key.merchant_order_no
    row = await tx.fetchrow(_ORDER_BY_KEY.format(only="only"), *place)
    if row is None:
        row = await tx.fetchrow(_ORDER_BY_KEY.format(only=""), *place)
    return None if row is None else order_of(row)


async def of_order(tx: Tx, order_id: str) -> tuple[list[Payment], list[Refund]]:
    """All payments and refunds of an order, the oldest first."""
    only = "only"
    if not (rows := await tx.fetch(_PAYMENTS_OF_ORDER.format(only=only), order_id)):
        only = ""  # No order is without a payment: this one is in the archive.
        rows = await tx.fetch(_PAYMENTS_OF_ORDER.format(only=only), order_id)
    returned = await tx.fetch(_REFUNDS_OF_ORDER.format(only=only), order_id)
    return [payment_of(row) for row in rows], [refund_of(row) for row in returned]


async def payments_of_orders(tx: Tx, order_ids: Sequence[str]) -> list[Payment]:
    return [payment_of(row) for row in await tx.fetch(_PAYMENTS_OF_ORDERS, order_ids)]


async def refunds_of_orders(tx: Tx, order_ids: Sequence[str]) -> list[Refund]:
    return [refund_of(row) for row in await tx.fetch(_REFUNDS_OF_ORDERS, order_ids)]


async def find_refund_by_number(
    tx: Tx, app_id: str, merchant_id: str, merchant_refund_no: str
) -> Refund | None:
    row = await tx.fetchrow(_REFUND_BY_NUMBER, app_id, merchant_id, merchant_refund_no)
    return None if row is None else refund_of(row)


async def count_refunds(tx: Tx, order_id: str, payment_no: str) -> tuple[int, int]:
    """Of a payment that is in use: those that have not failed, and all."""
    row = await tx.fetchrow(_COUNT_REFUNDS, order_id, payment_no)
    assert row is not None
    return row["standing"], row["every"]


_PAYMENTS = "select * from {only} payments where payment_no = any ($1::text[])"
_TRADE_NUMBERS = """
select p.payment_id, p.channel_trade_no, p.payment_no
from only payments p
join unnest($1::text[], $2::text[]) as n (payment_id, channel_trade_no)
  on p.payment_id = n.payment_id and p.channel_trade_no = n.channel_trade_no
where p.channel_trade_no is not null and not p.shares_trade_no
union
select payment_id, channel_trade_no, payment_no
from archived_trade_numbers
join unnest($1::text[], $2::text[]) as n (payment_id, channel_trade_no)
  using (payment_id, channel_trade_no)
"""
_ORDERS = "select * from {only} orders where order_id = any ($1::text[])"
_REFUNDS = "select * from {only} refunds where refund_no = any ($1::text[])"
_ORDER_BY_KEY = """
select * from {only} orders where app_id = $1 and merchant_id = $2 and merchant_order_no = $3
"""
_PAYMENTS_OF_ORDER = """
select * from {only} payments where order_id = $1 order by created_at, payment_no
"""
_REFUNDS_OF_ORDER = """
select * from {only} refunds where order_id = $1 order by created_at, refund_no
"""
_PAYMENTS_OF_ORDERS = """
select * from payments where order_id = any ($1::text[]) order by created_at, payment_no
"""
_REFUNDS_OF_ORDERS = """
select * from refunds where order_id = any ($1::text[]) order by created_at, refund_no
"""
_COUNT_REFUNDS = """
select count(*) filter (where state <> 'failed') as standing, count(*) as every
from only refunds
where order_id = $1 and payment_no = $2
"""

_REFUND_BY_NUMBER = """
select * from refunds
where app_id = $1 and merchant_id = $2 and merchant_refund_no = $3
"""
