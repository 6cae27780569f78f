"""The hot path: a fresh order, its payment, its due row and its event in one statement."""

from chassis.database import Tx
from chassis.outbox import OutboxEvent, shard_of
from trade_core.domain.due import NextCheck
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.store.rows import receivers_json


async def insert(
    tx: Tx, order: Order, payment: Payment, next_check: NextCheck, event: OutboxEvent
) -> bool:
    """Store all four or, where the app's order number is known already, nothing (False).

    It is initiated when the database says: the fifteen-second-rule goes by that clock.
    """
    return bool(
        await tx.fetchval(
            _INSERT,
            order.order_id,
            order.app_id,
            order.merchant_id,
            order.merchant_order_no,
            order.amount,
            order.currency,
            order.subject,
            order.version,
            order.created_at,
            order.expires_at,
            payment.payment_no,
            payment.state,
            payment.payment_id,
            payment.requested_account_id,
            payment.channel,
            payment.method,
            payment.called_as,
            payment.fingerprint,
            payment.metadata,
            payment.notify_url,
            payment.return_url,
            next_check.due_at,
            event.event_id,
            event.topic,
            event.type,
            event.tenant,
            event.payload,
            shard_of(event.key),
            receivers_json(payment.split),
            payment.splits,
            order.signed_at,
        )
    )


_INSERT = """
with fresh as (
    insert into orders (order_id, app_id, merchant_id, merchant_order_no, state, closed_by_app,
        amount, currency, subject, amount_paid, amount_refunded, latest_payment_no, version,
        created_at, expires_at, signed_at)
    values ($1, $2, $3, $4, 'open', false, $5, $6, $7, 0, 0, $11, $8, $9, $10, $31)
    on conflict (app_id, merchant_id, merchant_order_no) do nothing
    returning order_id
), paying as (
    insert into payments (payment_no, order_id, state, payment_id, wished_payment_id, channel,
        method, called_as, amount, currency, subject, fingerprint, settles, closing,
        refund_reserved, amount_refunded, metadata, notify_url, return_url, created_at,
        initiated_at, expires_at, split, splits)
    select $11, order_id, $12, $13, $14, $15, $16, $17, $5, $6, $7, $18, false, false, 0, 0,
        $19, $20, $21, $9, statement_timestamp(), $10, $29, $30
    from fresh
), due as (
    insert into due_work (subject, account, due_at, attempt)
    select $11, coalesce($13, ''), $22, 0 from fresh
), told as (
    insert into event_log (event_id, topic, key, type, tenant, payload)
    select $23, $24, order_id, $25, $26, $27 from fresh
    returning id
), pending as (
    insert into event_pending (id, shard) select id, $28 from told
)
select exists (select from fresh)
"""
