"""Refunds as they are written: what is new, what changed."""

from collections.abc import Iterable, Sequence

from chassis.database import Tx
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.refund import Refund
from trade_core.store.concurrency import require_all
from trade_core.store.rows import failure_json, refund_fact_text, returns_json


async def insert(tx: Tx, aggregates: Iterable[OrderAggregate]) -> None:
    """Write the new ones. Raises ConcurrentChange where a number was taken meanwhile."""
    for aggregate in aggregates:
        for refund in aggregate.refunds.values():
            if refund.refund_no not in aggregate.snapshot.refunds:
                require_all(await tx.execute(_INSERT, *_values(refund)), 1)


async def update(tx: Tx, changes: Sequence[tuple[Refund, Refund]]) -> None:
    """Write those that changed, before and after. Raises ConcurrentChange."""
    if not changes:
        return
    rows = [_change(*pair) for pair in changes]
    tag = await tx.execute(_UPDATE, rows, [now.refund_no for _, now in changes])
    require_all(tag, len(changes))


def _values(refund: Refund) -> tuple[object, ...]:
    return (
        refund.refund_no,
        refund.order_id,
        refund.payment_no,
        refund.app_id,
        refund.merchant_id,
        refund.merchant_refund_no,
        refund.fingerprint,
        refund.cause,
        refund.state,
        refund.amount,
        refund.currency,
        refund.reason,
        refund.notify_url,
        refund.created_at,
        returns_json(refund.returns),
        refund.channel_refund_no,
        refund.refunded_at,
        refund.last_said_at,
        refund.is_dispute,
        refund.is_single,
    )


def _change(was: Refund, refund: Refund) -> dict[str, object]:
    return {
        "refund_no": refund.refund_no,
        "was": was.state,
        "state": refund.state,
        "heard": refund_fact_text(refund.last_fact),
        "channel_refund_no": refund.channel_refund_no,
        "failure": failure_json(refund.failure),
        "refunded_at": refund.refunded_at,
        "decided": refund.decided,
        "returns": returns_json(refund.returns),
        "last_said_at": refund.last_said_at,
        "turn": refund.turn,
        "is_dispute": refund.is_dispute,
    }


_INSERT = """
insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, merchant_refund_no,
    fingerprint, cause, state, amount, currency, reason, notify_url, created_at, returns,
    channel_refund_no, refunded_at, last_said_at, is_dispute, is_single)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict do nothing
"""

_UPDATE = """
update only refunds r
set state = c.state, heard = c.heard, channel_refund_no = c.channel_refund_no,
    failure = c.failure, refunded_at = c.refunded_at, decided = c.decided,
    returns = c.returns, last_said_at = c.last_said_at, turn = c.turn,
    is_dispute = c.is_dispute, version = r.version + 1
from jsonb_to_recordset($1)
  as c (refund_no text, was text, state text, heard text, channel_refund_no text, failure jsonb,
        refunded_at timestamptz, decided text, returns jsonb, last_said_at timestamptz,
        turn int, is_dispute bool)
where r.refund_no = any ($2::text[]) and r.refund_no = c.refund_no and r.state = c.was
"""
