"""The one INSERT of payments: alone, or as a part of the statement that makes their order."""

from collections.abc import Iterable

from chassis.database import Tx
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.store.rows import receivers_json


async def insert(tx: Tx, payments: Iterable[tuple[Order, Payment]]) -> None:
    if rows := [row(order, payment) for order, payment in payments]:
        await tx.execute(INSERT, rows)


def row(order: Order, payment: Payment) -> dict[str, object]:
    return {
        "app_id": order.app_id,
        "payment_no": payment.payment_no,
        "order_id": payment.order_id,
        "state": payment.state,
        "payment_id": payment.account_id,
        "wished_payment_id": payment.requested_account_id,
        "channel": payment.channel,
        "method": payment.method,
        "called_as": payment.called_as,
        "amount": payment.amount,
        "currency": payment.currency,
        "subject": payment.subject,
        "fingerprint": payment.fingerprint,
        "metadata": payment.metadata,
        "notify_url": payment.notify_url,
        "return_url": payment.return_url,
        "created_at": payment.created_at,
        "expires_at": payment.expires_at,
        "split": receivers_json(payment.split_receivers),
        "splits": payment.will_split,
    }


# It is initiated when the database says: the fifteen-second-rule goes by that clock.
INSERT = """
insert into payments (app_id, payment_no, order_id, state, payment_id, wished_payment_id, channel,
    method, called_as, amount, currency, subject, fingerprint, metadata, notify_url, return_url,
    created_at, expires_at, split, splits, initiated_at, settles, closing, refund_reserved,
    amount_refunded)
select app_id, payment_no, order_id, state, payment_id, wished_payment_id, channel,
    method, called_as, amount, currency, subject, fingerprint, metadata, notify_url, return_url,
    created_at, expires_at, split, splits, statement_timestamp(), false, false, 0,
    0
from jsonb_to_recordset($1)
  as p (app_id text, payment_no text, order_id text, state text, payment_id text,
        wished_payment_id text, channel text, method text, called_as text, amount bigint,
        currency text, subject text, fingerprint text, metadata jsonb, notify_url text,
        return_url text, created_at timestamptz, expires_at timestamptz, split jsonb,
        splits boolean)
"""
