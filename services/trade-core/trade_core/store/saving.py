"""Writing aggregates: whatever changed in all of them, one statement per table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import asyncpg

from chassis import outbox
from chassis.database import Tx
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.payment import Payment
from trade_core.store import due, ledger, new_payments, outgoing, reading, refunds, splits, traces
from trade_core.store.concurrency import ConcurrentChange, TradeNumberTaken, require_all
from trade_core.store.rows import (
    COLUMNS,
    action_json,
    claim_json,
    failure_json,
    held_words_json,
)

T = TypeVar("T")

TRADE_INDEX: Final = "payments_trade_once"
"""One channel_trade_no at one account settles one payment (own-account-only)."""

_ORDER: Final = (
    "state",
    "closed_by_app",
    "amount",
    "currency",
    "subject",
    "amount_paid",
    "amount_refunded",
    "latest_payment_no",
    "expires_at",
    "signed_at",
)
_PAYMENT: Final = (
    "account_id",
    "channel",
    "called_as",
    "channel_trade_no",
    "currency",
    "settles",
    "closing",
    "initiated_at",
    "paid_at",
    "action",
    "called_at",
    "claim",
    "reversed_at",
    "may_be_paid",
    "held_words",
)
"""Columns that are written where they changed."""

_AS_JSON: Final[Mapping[str, Callable[[Any], object]]] = {
    "action": action_json,
    "claim": claim_json,
    "held_words": held_words_json,
}


async def save(tx: Tx, aggregates: Iterable[OrderAggregate]) -> None:
    """Write everything that the rules changed; the same aggregate may be given twice.

    Raises ConcurrentChange where a compare-and-set fails, TradeNumberTaken where a trade number is
    another payment's; the transaction is then worthless.
    """
    distinct = {aggregate.order.order_id: aggregate for aggregate in aggregates}
    changed = [aggregate for aggregate in distinct.values() if _is_changed(aggregate)]
    if not changed:
        return
    await _save_orders(tx, changed)
    await new_payments.insert(
        tx,
        [
            (each.order, payment)
            for each in changed
            for number, payment in each.payments.items()
            if number not in each.snapshot.payments
        ],
    )
    await _update_payments(tx, changed)
    await refunds.insert(tx, changed)
    await refunds.update(
        tx, [pair for each in changed for pair in _changes(each.snapshot.refunds, each.refunds)]
    )
    await splits.insert(tx, changed)
    await splits.update(
        tx, [pair for each in changed for pair in _changes(each.snapshot.splits, each.splits)]
    )
    await ledger.append(tx, [entry for aggregate in changed for entry in aggregate.entries])
    await due.put(tx, [row for aggregate in changed for row in _dues(aggregate)])
    await due.make_urgent(
        tx, [number for each in changed for number in each.urgent], changed[0].now
    )
    await traces.keep_new(tx, changed)
    await outbox.put(tx, outgoing.of(changed))


def _is_changed(aggregate: OrderAggregate) -> bool:
    return bool(
        aggregate.events
        or aggregate.alerts
        or aggregate.next_checks
        or aggregate.urgent
        or _changes(aggregate.snapshot.payments, aggregate.payments)
        or _changes(aggregate.snapshot.refunds, aggregate.refunds)
        or _changes(aggregate.snapshot.splits, aggregate.splits)
    )


def _changes(read: Mapping[str, T], now: Mapping[str, T]) -> list[tuple[T, T]]:
    """Before and after of what was replaced; values are immutable."""
    return [(was, now[number]) for number, was in read.items() if now[number] is not was]


def _dues(aggregate: OrderAggregate) -> list[due.Due]:
    return [
        due.Due(
            subject,
            aggregate.account_of(subject),
            next_check,
            aggregate.unknown_since(subject),
        )
        for subject, next_check in aggregate.next_checks.items()
    ]


async def _save_orders(tx: Tx, aggregates: Sequence[OrderAggregate]) -> None:
    announced = [
        aggregate
        for aggregate in aggregates
        if aggregate.version != aggregate.snapshot.order.version
    ]
    if not announced:
        return
    order_ids = [aggregate.order.order_id for aggregate in announced]
    rows = [_order_change(aggregate) for aggregate in announced]
    tag = await tx.execute(_UPDATE_ORDERS, rows, order_ids)
    require_all(tag, len(announced))


async def _update_payments(tx: Tx, aggregates: Sequence[OrderAggregate]) -> None:
    changes = [
        pair for each in aggregates for pair in _changes(each.snapshot.payments, each.payments)
    ]
    if not changes:
        return
    being_split = {
        split.payment_no
        for aggregate in aggregates
        for split in aggregate.splits.values()
        if split.split_no not in aggregate.snapshot.splits
    }
    rows = [
        _payment_change(was, now, is_split=now.payment_no in being_split) for was, now in changes
    ]
    try:
        tag = await tx.execute(_UPDATE_PAYMENTS, rows, [now.payment_no for _, now in changes])
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != TRADE_INDEX:
            raise
        raise TradeNumberTaken(error.detail) from error
    try:
        require_all(tag, len(changes))
    except ConcurrentChange:
        await _require_free_trades(tx, [now for _, now in changes])
        raise


async def _require_free_trades(tx: Tx, payments: Sequence[Payment]) -> None:
    """What the index says of those in use, of those in the archive. Raises TradeNumberTaken."""
    named = {(each.account_id, each.channel_trade_no): each for each in payments}
    wanted = [(account, trade) for account, trade in named if account and trade]
    for number, holder in (await reading.trade_numbers(tx, wanted)).items():
        if holder != named[number].payment_no:
            raise TradeNumberTaken(f"{number} is {holder}'s")


def _order_change(aggregate: OrderAggregate) -> dict[str, object]:
    was, order = aggregate.snapshot.order, aggregate.order
    return {
        "order_id": order.order_id,
        "was": was.version,
        "version": aggregate.version,
        **_differing(_ORDER, was, order),
    }


def _payment_change(was: Payment, payment: Payment, *, is_split: bool) -> dict[str, object]:
    change = {
        "payment_no": payment.payment_no,
        "was": was.state,
        "state": payment.state,
        "failure": failure_json(payment.failure),
        "amount": payment.amount,
        "reserved": payment.refund_reserved - was.refund_reserved,
        "refunded": payment.amount_refunded - was.amount_refunded,
        "split": payment.split_reserved - was.split_reserved,
        "split_seen": was.refund_reserved + was.split_reserved if is_split else None,
        **_differing(_PAYMENT, was, payment),
    }
    for name, as_json in _AS_JSON.items():
        if name in change:
            change[name] = as_json(change[name])
    return change


def _differing(names: Iterable[str], was: T, now: T) -> dict[str, object]:
    if now is was:
        return {}
    changed = {name: it for name in names if (it := getattr(now, name)) is not getattr(was, name)}
    if None in changed.values():
        raise ValueError(f"a row cannot say that something ended: {changed}")
    return {COLUMNS.get(name, name): it for name, it in changed.items()}


# The rows of a batch travel as one JSON text: an array per column costs several times the CPU. What
# a row does not name stays as it is: of twenty columns a result changes three. Their numbers are
# told once more, for the plan: else the whole table was hashed to join it.
_UPDATE_ORDERS = """
update only orders o
set version = c.version, state = coalesce(c.state, o.state),
    closed_by_app = coalesce(c.closed_by_app, o.closed_by_app),
    amount = coalesce(c.amount, o.amount), currency = coalesce(c.currency, o.currency),
    subject = coalesce(c.subject, o.subject),
    amount_paid = coalesce(c.amount_paid, o.amount_paid),
    amount_refunded = coalesce(c.amount_refunded, o.amount_refunded),
    latest_payment_no = coalesce(c.latest_payment_no, o.latest_payment_no),
    expires_at = coalesce(c.expires_at, o.expires_at),
    signed_at = coalesce(c.signed_at, o.signed_at)
from jsonb_to_recordset($1)
  as c (order_id text, was int, version int, state text, closed_by_app bool, amount bigint,
        currency text, subject text, amount_paid bigint, amount_refunded bigint,
        latest_payment_no text, expires_at timestamptz, signed_at timestamptz)
where o.order_id = any ($2::text[]) and o.order_id = c.order_id and o.version = c.was
"""

# Only a failure is ever taken back, so it is always named.
#
# Refunds and splits are reserved here, only as far as the amount reaches (`refund-reservation`);
# refunds may be paid from the merchant's own money, so they do not look at splits. Whether a split
# fits, the rules have decided by what they read (`split_seen`): no more may be reserved by now, but
# what goes back at the channel by a later word of the same batch asks for no room. The amount
# itself changes with the end of a conflict only, so a matching state means that it is the one we
# know. A trade number that settled a payment of the archive is as taken as one of those in use.
_UPDATE_PAYMENTS = """
update only payments p
set state = c.state, failure = c.failure, amount = c.amount,
    refund_reserved = p.refund_reserved + c.reserved,
    amount_refunded = p.amount_refunded + c.refunded,
    split_reserved = p.split_reserved + c.split,
    payment_id = coalesce(c.payment_id, p.payment_id),
    channel = coalesce(c.channel, p.channel),
    called_as = coalesce(c.called_as, p.called_as),
    channel_trade_no = coalesce(c.channel_trade_no, p.channel_trade_no),
    currency = coalesce(c.currency, p.currency),
    settles = coalesce(c.settles, p.settles), closing = coalesce(c.closing, p.closing),
    initiated_at = coalesce(c.initiated_at, p.initiated_at),
    paid_at = coalesce(c.paid_at, p.paid_at),
    action = coalesce(c.action, p.action), called_at = coalesce(c.called_at, p.called_at),
    claim = coalesce(c.claim, p.claim),
    reversed_at = coalesce(c.reversed_at, p.reversed_at),
    may_be_paid = coalesce(c.may_be_paid, p.may_be_paid),
    held_words = coalesce(c.held_words, p.held_words)
from jsonb_to_recordset($1)
  as c (payment_no text, was text, state text, payment_id text, channel text, called_as text,
        action jsonb, channel_trade_no text, failure jsonb, settles bool, closing bool,
        reserved bigint, refunded bigint, initiated_at timestamptz, paid_at timestamptz,
        amount bigint, currency text, claim jsonb, split bigint, split_seen bigint,
        reversed_at timestamptz, may_be_paid bool, held_words jsonb, called_at timestamptz)
where p.payment_no = any ($2::text[]) and p.payment_no = c.payment_no and p.state = c.was
  and p.refund_reserved + c.reserved between 0 and c.amount
  and p.split_reserved + c.split between 0 and c.amount
  and (c.split_seen is null or p.refund_reserved + p.split_reserved <= c.split_seen)
  and coalesce((
        select a.payment_no from archived_trade_numbers a
        where a.channel_trade_no = c.channel_trade_no
          and a.payment_id = coalesce(c.payment_id, p.payment_id)), p.payment_no) = p.payment_no
"""
