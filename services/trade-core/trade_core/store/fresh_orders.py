"""The hot path: a fresh order, its payment, its due row and its event in one statement."""

from chassis.database import Tx
from chassis.outbox import OutboxEvent, shard_of
from trade_core.domain.due import NextCheck
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.store import new_payments


async def insert(
    tx: Tx, order: Order, payment: Payment, next_check: NextCheck, event: OutboxEvent
) -> bool:
    """Store all four or, where the app's order number is known already, nothing (False).

    What a fresh order has in common with its payment is told once.
    """
    tag = await tx.execute(
        _INSERT,
        *new_payments.values(order, payment),
        order.merchant_id,
        order.merchant_order_no,
        order.version,
        order.signed_at,
        next_check.due_at,
        event.event_id,
        event.topic,
        event.type,
        event.tenant,
        event.payload,
        shard_of(event.key),
    )
    return tag == "INSERT 0 1"


# A number is listed long before its order leaves for the archive (`store.archive`).
_INSERT = """
with fresh as (
    insert into orders (order_id, app_id, merchant_id, merchant_order_no, state, closed_by_app,
        amount, currency, subject, amount_paid, amount_refunded, latest_payment_no, version,
        created_at, expires_at, signed_at)
    select $2, $20, $21, $22, 'open', false, $3, $4, $5, 0, 0, $1, $23, $6, $7, $24
    where not exists (
        select from archived_order_numbers
        where app_id = $20 and merchant_id = $21 and merchant_order_no = $22)
    on conflict (app_id, merchant_id, merchant_order_no) do nothing
    returning order_id
), paying as (
    <payments> from fresh
), due as (
    insert into due_work (subject, account, due_at, attempt)
    select $1, coalesce($9, ''), $25, 0 from fresh
), told as (
    insert into event_log (event_id, topic, key, type, tenant, payload)
    select $26, $27, order_id, $28, $29, $30 from fresh
    returning id
)
insert into event_pending (id, shard) select id, $31 from told
""".replace("<payments>", new_payments.INSERT)
