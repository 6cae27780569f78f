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
    """Store all four or, where the app's order number is known already, nothing (False)."""
    return bool(
        await tx.fetchval(
            _INSERT,
            [new_payments.row(order, payment)],
            _row(order),
            payment.payment_no,
            payment.account_id or "",
            next_check.due_at,
            event.event_id,
            event.topic,
            event.key,
            event.type,
            event.tenant,
            event.payload,
            shard_of(event.key),
        )
    )


def _row(order: Order) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "app_id": order.app_id,
        "merchant_id": order.merchant_id,
        "merchant_order_no": order.merchant_order_no,
        "amount": order.amount,
        "currency": order.currency,
        "subject": order.subject,
        "latest_payment_no": order.latest_payment_no,
        "version": order.version,
        "created_at": order.created_at,
        "expires_at": order.expires_at,
        "signed_at": order.signed_at,
    }


_INSERT = """
with fresh as (
    insert into orders (order_id, app_id, merchant_id, merchant_order_no, amount, currency, subject,
        latest_payment_no, version, created_at, expires_at, signed_at, state, closed_by_app,
        amount_paid, amount_refunded)
    select order_id, app_id, merchant_id, merchant_order_no, amount, currency, subject,
        latest_payment_no, version, created_at, expires_at, signed_at, 'open', false, 0, 0
    from jsonb_to_record($2)
      as o (order_id text, app_id text, merchant_id text, merchant_order_no text, amount bigint,
            currency text, subject text, latest_payment_no text, version int,
            created_at timestamptz, expires_at timestamptz, signed_at timestamptz)
    on conflict (app_id, merchant_id, merchant_order_no) do nothing
    returning order_id
), paying as (
    <payments> where exists (select from fresh)
), due as (
    insert into due_work (subject, account, due_at, attempt) select $3, $4, $5, 0 from fresh
), told as (
    insert into event_log (event_id, topic, key, type, tenant, payload)
    select $6, $7, $8, $9, $10, $11 from fresh
    returning id
), pending as (
    insert into event_pending (id, shard) select id, $12 from told
)
select exists (select from fresh)
""".replace("<payments>", new_payments.INSERT)
