"""Writing dossiers: whatever changed in all of them, one statement per table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from chassis import outbox
from chassis.database import Tx
from trade_core.domain.dossier import Dossier
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.store import due, ledger, outgoing
from trade_core.store.rows import action_json, failure_json

T = TypeVar("T")


class ConcurrentChange(Exception):
    """A row was no longer what had been read: read again, decide again, never reuse."""


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
    await ledger.append(tx, [entry for dossier in changed for entry in dossier.entries])
    await due.put(tx, {subject: look for d in changed for subject, look in d.looks.items()})
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
    )


def _changes(read: Mapping[str, T], now: Mapping[str, T]) -> list[tuple[T, T]]:
    """Before and after of what was replaced; values are immutable."""
    return [(was, now[number]) for number, was in read.items() if now[number] is not was]


async def _save_orders(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    told = [dossier for dossier in dossiers if dossier.version != dossier.read.order.version]
    if not told:
        return
    orders = [dossier.order for dossier in told]
    tag = await tx.execute(
        _UPDATE_ORDERS,
        [order.order_id for order in orders],
        [dossier.read.order.version for dossier in told],
        [dossier.version for dossier in told],
        [order.state for order in orders],
        [order.closed_by_app for order in orders],
        [order.amount for order in orders],
        [order.currency for order in orders],
        [order.subject for order in orders],
        [order.amount_paid for order in orders],
        [order.amount_refunded for order in orders],
        [order.latest_payment_no for order in orders],
        [order.expires_at for order in orders],
    )
    _require_all(tag, len(orders))


async def _insert_payments(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    for dossier in dossiers:
        for payment in dossier.payments.values():
            if payment.payment_no not in dossier.read.payments:
                await tx.execute(_INSERT_PAYMENT, *_payment_values(payment))


async def _update_payments(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    changes = [pair for d in dossiers for pair in _changes(d.read.payments, d.payments)]
    if not changes:
        return
    befores, payments = zip(*changes, strict=True)
    tag = await tx.execute(
        _UPDATE_PAYMENTS,
        [payment.payment_no for payment in payments],
        [payment.state for payment in befores],
        [payment.state for payment in payments],
        [payment.payment_id for payment in payments],
        [payment.channel for payment in payments],
        [payment.called_as for payment in payments],
        [action_json(payment.action) for payment in payments],
        [payment.channel_trade_no for payment in payments],
        [failure_json(payment.failure) for payment in payments],
        [payment.settles for payment in payments],
        [payment.closing for payment in payments],
        [now.refund_reserved - was.refund_reserved for was, now in changes],
        [now.amount_refunded - was.amount_refunded for was, now in changes],
        [payment.initiated_at for payment in payments],
        [payment.paid_at for payment in payments],
    )
    _require_all(tag, len(payments))


async def _insert_refunds(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    for dossier in dossiers:
        for refund in dossier.refunds.values():
            if refund.refund_no not in dossier.read.refunds:
                tag = await tx.execute(_INSERT_REFUND, *_refund_values(refund))
                _require_all(tag, 1)


async def _update_refunds(tx: Tx, dossiers: Sequence[Dossier]) -> None:
    changes = [pair for d in dossiers for pair in _changes(d.read.refunds, d.refunds)]
    if not changes:
        return
    befores, refunds = zip(*changes, strict=True)
    tag = await tx.execute(
        _UPDATE_REFUNDS,
        [refund.refund_no for refund in refunds],
        [refund.state for refund in befores],
        [refund.state for refund in refunds],
        [refund.heard for refund in refunds],
        [refund.channel_refund_no for refund in refunds],
        [failure_json(refund.failure) for refund in refunds],
        [refund.refunded_at for refund in refunds],
    )
    _require_all(tag, len(refunds))


def _require_all(tag: str, expected: int) -> None:
    """`tag` is the command's completion: `UPDATE 3`, `INSERT 0 1`."""
    if int(tag.rpartition(" ")[2]) != expected:
        raise ConcurrentChange(f"{tag} instead of {expected} rows")


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
    )


_UPDATE_ORDERS = """
update orders o
set version = c.version, state = c.state, closed_by_app = c.closed_by_app, amount = c.amount,
    currency = c.currency, subject = c.subject, amount_paid = c.amount_paid,
    amount_refunded = c.amount_refunded, latest_payment_no = c.latest_payment_no,
    expires_at = c.expires_at
from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::bool[], $6::bigint[], $7::text[],
            $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::timestamptz[])
  as c (order_id, was, version, state, closed_by_app, amount, currency, subject, amount_paid,
        amount_refunded, latest_payment_no, expires_at)
where o.order_id = c.order_id and o.version = c.was
"""

_INSERT_PAYMENT = """
insert into payments (payment_no, order_id, state, payment_id, wished_payment_id, channel, method,
    called_as, amount, currency, subject, fingerprint, settles, closing, refund_reserved,
    amount_refunded, metadata, notify_url, return_url, created_at, initiated_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, false, 0, 0, $13, $14, $15, $16,
    $17, $18)
"""

# A refund is reserved here, and only as far as the amount reaches (§5 rule 4).
_UPDATE_PAYMENTS = """
update payments p
set state = c.state, payment_id = c.payment_id, channel = c.channel, called_as = c.called_as,
    action = c.action, channel_trade_no = c.channel_trade_no, failure = c.failure,
    settles = c.settles, closing = c.closing,
    refund_reserved = p.refund_reserved + c.reserved,
    amount_refunded = p.amount_refunded + c.refunded,
    initiated_at = c.initiated_at, paid_at = c.paid_at
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
            $8::text[], $9::jsonb[], $10::bool[], $11::bool[], $12::bigint[], $13::bigint[],
            $14::timestamptz[], $15::timestamptz[])
  as c (payment_no, was, state, payment_id, channel, called_as, action, channel_trade_no, failure,
        settles, closing, reserved, refunded, initiated_at, paid_at)
where p.payment_no = c.payment_no and p.state = c.was
  and p.refund_reserved + c.reserved between 0 and p.amount
"""

_INSERT_REFUND = """
insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, merchant_refund_no,
    fingerprint, cause, state, amount, currency, reason, notify_url, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict do nothing
"""

_UPDATE_REFUNDS = """
update refunds r
set state = c.state, heard = c.heard, channel_refund_no = c.channel_refund_no,
    failure = c.failure, refunded_at = c.refunded_at
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[],
            $7::timestamptz[])
  as c (refund_no, was, state, heard, channel_refund_no, failure, refunded_at)
where r.refund_no = c.refund_no and r.state = c.was
"""
