"""The one INSERT of payments: alone, or as a part of the statement that makes their order."""

from collections.abc import Iterable

from chassis.database import Tx
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.store.rows import receivers_json


async def insert(tx: Tx, payments: Iterable[tuple[Order, Payment]]) -> None:
    for order, payment in payments:
        await tx.execute(INSERT, *values(order, payment))


def values(order: Order, payment: Payment) -> tuple[object, ...]:
    """The parameters of INSERT; a statement around it has its own behind them."""
    return (
        payment.payment_no,
        payment.order_id,
        payment.amount,
        payment.currency,
        payment.subject,
        payment.created_at,
        payment.expires_at,
        payment.state,
        payment.account_id,
        payment.requested_account_id,
        payment.channel,
        payment.method,
        payment.called_as,
        payment.fingerprint,
        payment.metadata,
        payment.notify_url,
        payment.return_url,
        receivers_json(payment.split_receivers),
        payment.will_split,
        order.app_id,
    )


# It is initiated when the database says: the fifteen-second-rule goes by that clock. The parameters
# are not one JSON text, as with batches: of a single row that costs PostgreSQL about a fifth more.
INSERT = """
insert into payments (payment_no, order_id, amount, currency, subject, created_at, expires_at,
    state, payment_id, wished_payment_id, channel, method, called_as, fingerprint, metadata,
    notify_url, return_url, split, splits, app_id, initiated_at, settles, closing,
    refund_reserved, amount_refunded)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, statement_timestamp(), false, false, 0, 0
"""
