"""Writing dossiers: whatever changed in all of them, one statement per table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from chassis import outbox
from chassis.database import Tx
from trade_core.domain.dossier import Dossier
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.store import due, ledger, outgoing, splits
from trade_core.store.concurrency import require_all
from trade_core.store.rows import (
    action_json,
    claim_json,
    failure_json,
    receivers_json,
    returns_json,
)

T = TypeVar("T")


async def save(tx: Tx, dossiers: Iterable[Dossier]) -> None:
    """Write everything that the rules changed; the same dossier may be given twice.

    Raises ConcurrentChange where a compare-and-set fails; the transaction is then worthless.
    """
    distinct = {dossier.order.order_id: dossier for dossier in dossiers}
    changed = [dossier for dossier in distinct.values() if _is_changed(dossier)]
    if not changed:
        return
    await _save_orders(tx, changed)
    await _insert_payments(tx, changed)
    await _update_payments(tx, changed)
    await _insert_refunds(tx, changed)
    await _update_refunds(tx, changed)
    await splits.insert(tx, changed)
    await splits.update(tx, [pair for d in changed for pair in _changes(d.read.splits, d.splits)])
    await ledger.append(tx, [entry for dossier in changed for entry in dossier.entries])
    await due.put(tx, [row for dossier in changed for row in _dues(dossier)])
    await due.hurry(tx, [number for d in changed for number in d.hurried], changed[0].now)
    await outbox.put(tx, outgoing.of(changed))


def _is_changed(dossier: Dossier) -> bool:
    return bool(
        dossier.events
        or dossier.alerts
        or dossier.looks
        or dossier.hurried
        or _changes(dossier.read.payments, dossier.payments)
        or _changes(dossier.read.refunds, dossier.refunds)
        or _changes(dossier.read.splits, dossier.splits)
    )


def _changes(read: Mapping[str, T], now: Mapping[str, T]) -> list[tuple[T, T]]:
    """Before and after of what was replaced; values are immutable."""
    return [(was, now[number]) for number, was in read.items() if now[number] is not was]


def _dues(dossier: Dossier) -> list[due.Due]:
    return [
        due.Due(subject, dossier.account_of(subject), look)
        for subject, look in dossier.looks.items()
    ]


async def _save_orders(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    told = [dossier for dossier in dossiers if dossier.version != dossier.read.order.version]
    if not told:
        return
    tag = await tx.execute(_UPDATE_ORDERS, [_order_values(dossier) for dossier in told])
    require_all(tag, len(told))


async def _insert_payments(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    for dossier in dossiers:
        for payment in dossier.payments.values():
            if payment.payment_no not in dossier.read.payments:
                await tx.execute(_INSERT_PAYMENT, *_payment_values(payment))


async def _update_payments(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    changes = [pair for d in dossiers for pair in _changes(d.read.payments, d.payments)]
    if not changes:
        return
    being_split = {
        split.payment_no
        for dossier in dossiers
        for split in dossier.splits.values()
        if split.split_no not in dossier.read.splits
    }
    rows = [
        {**_payment_change(was, now), "is_split": now.payment_no in being_split}
        for was, now in changes
    ]
    tag = await tx.execute(_UPDATE_PAYMENTS, rows)
    require_all(tag, len(changes))


async def _insert_refunds(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    for dossier in dossiers:
        for refund in dossier.refunds.values():
            if refund.refund_no not in dossier.read.refunds:
                tag = await tx.execute(_INSERT_REFUND, *_refund_values(refund))
                require_all(tag, 1)


async def _update_refunds(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    changes = [pair for d in dossiers for pair in _changes(d.read.refunds, d.refunds)]
    if not changes:
        return
    tag = await tx.execute(_UPDATE_REFUNDS, [_refund_change(*pair) for pair in changes])
    require_all(tag, len(changes))


def _order_values(dossier: Dossier) -> dict[str, object]:
    order = dossier.order
    return {
        "order_id": order.order_id,
        "was": dossier.read.order.version,
        "version": dossier.version,
        "state": order.state,
        "closed_by_app": order.closed_by_app,
        "amount": order.amount,
        "currency": order.currency,
        "subject": order.subject,
        "amount_paid": order.amount_paid,
        "amount_refunded": order.amount_refunded,
        "latest_payment_no": order.latest_payment_no,
        "expires_at": order.expires_at,
    }


def _payment_change(was: Payment, payment: Payment) -> dict[str, object]:
    return {
        "payment_no": payment.payment_no,
        "was": was.state,
        "state": payment.state,
        "payment_id": payment.payment_id,
        "channel": payment.channel,
        "called_as": payment.called_as,
        "action": action_json(payment.action),
        "channel_trade_no": payment.channel_trade_no,
        "failure": failure_json(payment.failure),
        "settles": payment.settles,
        "closing": payment.closing,
        "reserved": payment.refund_reserved - was.refund_reserved,
        "refunded": payment.amount_refunded - was.amount_refunded,
        "initiated_at": payment.initiated_at,
        "paid_at": payment.paid_at,
        "amount": payment.amount,
        "currency": payment.currency,
        "claim": claim_json(payment.claim),
        "split": payment.split_reserved - was.split_reserved,
    }


def _refund_change(was: Refund, refund: Refund) -> dict[str, object]:
    return {
        "refund_no": refund.refund_no,
        "was": was.state,
        "state": refund.state,
        "heard": refund.heard,
        "channel_refund_no": refund.channel_refund_no,
        "failure": failure_json(refund.failure),
        "refunded_at": refund.refunded_at,
        "decided": refund.decided,
        "returns": returns_json(refund.returns),
    }


def _payment_values(payment: Payment) -> tuple[object, ...]:
    return (
        payment.payment_no,
        payment.order_id,
        payment.state,
        payment.payment_id,
        payment.wished_payment_id,
        payment.channel,
        payment.method,
        payment.called_as,
        payment.amount,
        payment.currency,
        payment.subject,
        payment.fingerprint,
        payment.metadata,
        payment.notify_url,
        payment.return_url,
        payment.created_at,
        payment.initiated_at,
        payment.expires_at,
        receivers_json(payment.split),
        payment.splits,
    )


def _refund_values(refund: Refund) -> tuple[object, ...]:
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
    )


# The rows of a batch travel as one JSON text: an array per column costs several times the CPU.
_UPDATE_ORDERS = """
update orders o
set version = c.version, state = c.state, closed_by_app = c.closed_by_app, amount = c.amount,
    currency = c.currency, subject = c.subject, amount_paid = c.amount_paid,
    amount_refunded = c.amount_refunded, latest_payment_no = c.latest_payment_no,
    expires_at = c.expires_at
from jsonb_to_recordset($1)
  as c (order_id text, was int, version int, state text, closed_by_app bool, amount bigint,
        currency text, subject text, amount_paid bigint, amount_refunded bigint,
        latest_payment_no text, expires_at timestamptz)
where o.order_id = c.order_id and o.version = c.was
"""

_INSERT_PAYMENT = """
insert into payments (payment_no, order_id, state, payment_id, wished_payment_id, channel, method,
    called_as, amount, currency, subject, fingerprint, settles, closing, refund_reserved,
    amount_refunded, metadata, notify_url, return_url, created_at, initiated_at, expires_at,
    split, splits)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, false, 0, 0, $13, $14, $15, $16,
    $17, $18, $19, $20)
"""

# Refunds and splits are reserved here, and only as far as the amount reaches (§5 rule 4); refunds
# may be paid from the merchant's own money, so they do not look at splits. The amount itself
# changes with the end of a conflict only, so a matching state means that it is the one we know.
_UPDATE_PAYMENTS = """
update payments p
set state = c.state, payment_id = c.payment_id, channel = c.channel, called_as = c.called_as,
    action = c.action, channel_trade_no = c.channel_trade_no, failure = c.failure,
    settles = c.settles, closing = c.closing,
    refund_reserved = p.refund_reserved + c.reserved,
    amount_refunded = p.amount_refunded + c.refunded,
    initiated_at = c.initiated_at, paid_at = c.paid_at,
    amount = c.amount, currency = c.currency, claim = c.claim,
    split_reserved = p.split_reserved + c.split
from jsonb_to_recordset($1)
  as c (payment_no text, was text, state text, payment_id text, channel text, called_as text,
        action jsonb, channel_trade_no text, failure jsonb, settles bool, closing bool,
        reserved bigint, refunded bigint, initiated_at timestamptz, paid_at timestamptz,
        amount bigint, currency text, claim jsonb, split bigint, is_split bool)
where p.payment_no = c.payment_no and p.state = c.was
  and p.refund_reserved + c.reserved between 0 and c.amount
  and p.split_reserved + c.split between 0 and c.amount
  and (not c.is_split
       or p.refund_reserved + c.reserved + p.split_reserved + c.split <= c.amount)
"""

_INSERT_REFUND = """
insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, merchant_refund_no,
    fingerprint, cause, state, amount, currency, reason, notify_url, created_at, returns)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict do nothing
"""

_UPDATE_REFUNDS = """
update refunds r
set state = c.state, heard = c.heard, channel_refund_no = c.channel_refund_no,
    failure = c.failure, refunded_at = c.refunded_at, decided = c.decided,
    returns = c.returns
from jsonb_to_recordset($1)
  as c (refund_no text, was text, state text, heard text, channel_refund_no text, failure jsonb,
        refunded_at timestamptz, decided text, returns jsonb)
where r.refund_no = c.refund_no and r.state = c.was
"""
