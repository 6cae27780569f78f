"""Reading everybody's books: trade-core's, the channels' in the sandbox, the app's callbacks."""

import json
from collections.abc import Sequence
from typing import Any

import asyncpg
import httpx
from tests.chaos.judge import Books, CallbackTaken, Order, Payment, Refund, Trade


async def read(
    database_url: str, sandbox: httpx.AsyncClient, callbacks: Sequence[CallbackTaken]
) -> Books:
    """The channels' first: what they learn meanwhile is not held against us."""
    trades = (await sandbox.get("/_control/truth", timeout=60)).json()["trades"]
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(_ORDERS)
    finally:
        await connection.close()
    return Books(
        orders={row["merchant_order_no"]: _order(row) for row in rows},
        trades={each["payment_no"]: _trade(each) for each in trades},
        callbacks=list(callbacks),
    )


async def hurry(trade_core_url: str, notifier_url: str) -> None:
    """What the centre would ask or tell again later is due now."""
    for url, statements in ((trade_core_url, _ASK_NOW), (notifier_url, _TELL_NOW)):
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()


async def ledger_balance(database_url: str) -> int:
    """The sum of all postings, of each currency apart and without their signs: 0 is right."""
    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval(_BALANCE))
    finally:
        await connection.close()


def _order(row: asyncpg.Record) -> Order:
    return Order(
        number=row["merchant_order_no"],
        status=row["state"],
        amount_paid=row["amount_paid"],
        amount_refunded=row["amount_refunded"],
        payments=[Payment(**each) for each in json.loads(row["payments"])],
        refunds=[Refund(**each) for each in json.loads(row["refunds"])],
        ledger=json.loads(row["ledger"]),
    )


def _trade(shown: dict[str, Any]) -> Trade:
    fields = ("payment_no", "channel_trade_no", "state", "amount", "refunded")
    return Trade(**{name: shown[name] for name in fields})


_ORDERS = """
with booked as (
    select s.order_id, l.purpose, sum(l.amount)::bigint as amount
    from (select order_id, payment_no as subject from payments
          union all select order_id, refund_no from refunds) s
    join ledger_transaction t using (subject)
    join ledger_posting l on l.transaction_id = t.id
    group by s.order_id, l.purpose
)
select o.merchant_order_no, o.state, o.amount_paid, o.amount_refunded,
    (select coalesce(json_agg(json_build_object('payment_no', payment_no, 'status', state,
            'amount', amount, 'amount_refunded', amount_refunded,
            'channel_trade_no', channel_trade_no)), '[]')
     from payments p where p.order_id = o.order_id) as payments,
    (select coalesce(json_agg(json_build_object('refund_no', refund_no,
            'payment_no', payment_no, 'status', state, 'amount', amount, 'cause', cause)), '[]')
     from refunds r where r.order_id = o.order_id) as refunds,
    (select coalesce(json_object_agg(purpose, amount), '{}')
     from booked b where b.order_id = o.order_id) as ledger
from orders o
"""

_ASK_NOW = "update due_work set due_at = now() where due_at > now() + interval '2 s'"

_TELL_NOW = """
update due set due_at = now() where due_at > now();
update lane set held_until = null, fresh_at = now(), retry_at = now() where held_until > now()
"""

_BALANCE = """
select coalesce(sum(abs(amount)), 0) from (
    select sum(amount) as amount from ledger_posting group by currency
) sums
"""
