"""To split (分账): asked for after the payment, or with it; and what channels say of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.api import (
    CreateSplit,
    Failure,
    PaymentStatus,
    ShareStatus,
    SplitReceiver,
    SplitStatus,
)
from contracts.events.results import ShareResult, SplitResult
from contracts.identifiers import new_id
from contracts.money import Money
from trade_core.domain import alerts, facts, ledger, split
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import PaymentNotSplittable, SplitExceedsPaid, SplittingFinished
from trade_core.domain.payment import Payment
from trade_core.domain.split import Fact, Share, Split

NO_REASON: Final = "The channel gave no reason."


def split_as_wished(dossier: Dossier, wish: CreateSplit) -> Split:
    """Reserve the shares and start the split, which is told where the payment is told; the dossier
    must know the payment's splits.

    Raises PaymentNotSplittable, SplitExceedsPaid, SplittingFinished.
    """
    payment = dossier.payments[wish.payment_no]
    if payment.state is not PaymentStatus.SUCCEEDED:
        raise PaymentNotSplittable(payment.payment_no, payment.state)
    for earlier in dossier.splits.values():
        if earlier.payment_no == payment.payment_no and earlier.ends_splitting:
            raise SplittingFinished(earlier.split_no)
    left = max(payment.amount - payment.refund_reserved - payment.split_reserved, 0)
    if sum(receiver.amount for receiver in wish.receivers) > left:
        raise SplitExceedsPaid(Money(left, payment.currency))
    started = replace(
        _new(dossier, payment, wish.receivers),
        merchant_split_no=wish.merchant_split_no,
        fingerprint=wish.fingerprint(),
        finish=wish.finish,
    )
    _start(dossier, started, payment)
    return started


def split_by_itself(dossier: Dossier, payment: Payment) -> None:
    """Start the split that was asked for with a payment, which has just been paid."""
    if not payment.split:
        return
    started = _new(dossier, payment, payment.split)
    if started.amount > payment.amount:
        # A person accepted less than was to be paid.
        dossier.alerts.append(alerts.split_impossible(dossier.order, payment))
        return
    _start(dossier, started, payment)


def hear_split(dossier: Dossier, result: SplitResult) -> None:
    """Apply a result; twice, late or out of order makes no difference.

    Raises ResultRefused where it cannot be true; nothing has changed then.
    """
    was = dossier.splits[result.split_no]
    paid = dossier.payments[was.payment_no]
    fact = facts.of_split(was, paid, result)
    now_is = _after(was, fact, result, dossier.now)
    if now_is == was:
        return
    if now_is.state is not was.state:
        paid = _move_money(dossier, now_is, paid)
    dossier.change_split(now_is, paid)


def _new(dossier: Dossier, payment: Payment, receivers: Iterable[SplitReceiver]) -> Split:
    return Split(
        split_no=new_id("split"),
        order_id=payment.order_id,
        payment_no=payment.payment_no,
        app_id=dossier.order.app_id,
        merchant_id=dossier.order.merchant_id,
        merchant_split_no=None,
        fingerprint=None,
        currency=payment.currency,
        shares=tuple(Share(one.account, one.amount, one.description) for one in receivers),
        finish=True,
        notify_url=payment.notify_url,
        created_at=dossier.now,
    )


def _start(dossier: Dossier, started: Split, payment: Payment) -> None:
    reserved = payment.split_reserved + started.amount
    dossier.add_split(started, replace(payment, split_reserved=reserved))


def _after(was: Split, fact: Fact, result: SplitResult, now: datetime) -> Split:
    state = split.after(was.state, fact)
    was = replace(was, channel_split_no=was.channel_split_no or result.channel_split_no)
    if state is was.state:
        return replace(was, heard=fact) if state is SplitStatus.PROCESSING else was
    said = {one.account: one for one in result.receivers}
    shares = tuple(_decided(share, fact, said.get(share.account), result) for share in was.shares)
    return replace(
        was,
        state=state,
        shares=shares,
        finished_at=now,
        failure=next((share.failure for share in shares if share.failure), None),
    )


def _decided(share: Share, fact: Fact, said: ShareResult | None, result: SplitResult) -> Share:
    if fact is not Fact.REFUSED and said is not None and said.status == "succeeded":
        return replace(share, state=ShareStatus.SUCCEEDED)
    about = result if said is None or said.code is None else said
    failure = Failure(code=about.code or fact.name.lower(), message=about.message or NO_REASON)
    return replace(share, state=ShareStatus.FAILED, failure=failure)


def _move_money(dossier: Dossier, decided: Split, paid: Payment) -> Payment:
    """Book what receivers got and what they did not; the payment with its new amounts."""
    missed = sum(one.amount for one in decided.shares if one.state is ShareStatus.FAILED)
    for kind, amount in (
        (ledger.Kind.SPLIT_SETTLED, decided.amount - missed),
        (ledger.Kind.SPLIT_RELEASED, missed),
    ):
        if amount:
            entry = ledger.of_split(kind, decided, paid, amount, at=dossier.now)
            dossier.entries.append(entry)
    if missed and decided.merchant_split_no is None:
        dossier.alerts.append(alerts.split_failed(dossier.order, paid, decided))
    return replace(paid, split_reserved=paid.split_reserved - missed)
