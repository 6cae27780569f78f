"""To split (分账): asked for after the payment, or with it; and what channels say of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from contracts.api import CreateSplit, PaymentStatus, ShareStatus, SplitReceiver, SplitStatus
from contracts.events.results import ShareResult, SplitResult
from contracts.identifiers import new_id
from contracts.money import Money
from trade_core.domain import alerts, facts, ledger, split
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import PaymentNotSplittable, SplitExceedsPaid, SplittingFinished
from trade_core.domain.payment import Payment
from trade_core.domain.split import Receiver, Share, Split, SplitFact


def split_as_requested(aggregate: OrderAggregate, request: CreateSplit) -> Split:
    """Reserve the shares and start the split, which is told where the payment is told; the
    aggregate must know the payment's splits.

    Raises PaymentNotSplittable, SplitExceedsPaid, SplittingFinished.
    """
    payment = aggregate.payments[request.payment_no]
    if payment.state is not PaymentStatus.SUCCEEDED:
        raise PaymentNotSplittable(aggregate.numbers_of(payment), payment.state)
    for earlier in aggregate.splits.values():
        if earlier.payment_no == payment.payment_no and earlier.ends_splitting:
            raise SplittingFinished(earlier.split_no, aggregate.numbers_of(payment))
    left = _left(payment)
    if sum(receiver.amount for receiver in request.receivers) > left:
        raise SplitExceedsPaid(Money(left, payment.currency), aggregate.numbers_of(payment))
    started = replace(
        _new(aggregate, payment, request.receivers),
        merchant_split_no=request.merchant_split_no,
        fingerprint=request.fingerprint(),
        finish=request.finish,
    )
    _start(aggregate, started, payment)
    return started


def split_by_itself(aggregate: OrderAggregate, payment_no: str) -> None:
    """Start the split that was asked for with a payment, if that has just paid the order."""
    payment = aggregate.payments[payment_no]
    if not payment.settles or not payment.split_receivers:
        return
    started = _new(aggregate, payment, payment.split_receivers)
    if started.amount > _left(payment):
        # A person accepted less than was to be paid, or some of it went back at the channel.
        aggregate.alerts.append(alerts.split_impossible(aggregate.order, payment))
        return
    _start(aggregate, started, payment)


def apply_split_result(aggregate: OrderAggregate, result: SplitResult) -> None:
    """Apply a result; twice, late or out of order makes no difference.

    Raises ResultRefused where it cannot be true; nothing has changed then.
    """
    was = aggregate.splits[result.split_no]
    paid = aggregate.payments[was.payment_no]
    fact = facts.of_split(was, paid, result)
    now_is = _after(was, fact, result, aggregate.now)
    if now_is == was:
        return
    if now_is.state is not was.state:
        paid = _move_money(aggregate, now_is, paid)
    aggregate.change_split(now_is, paid)


def _left(payment: Payment) -> int:
    """Refunds from the merchant's own money may reach into what was split before."""
    return max(payment.amount - payment.refund_reserved - payment.split_reserved, 0)


def _new(
    aggregate: OrderAggregate, payment: Payment, receivers: Iterable[Receiver | SplitReceiver]
) -> Split:
    return Split(
        split_no=new_id("split"),
        order_id=payment.order_id,
        payment_no=payment.payment_no,
        app_id=aggregate.order.app_id,
        merchant_id=aggregate.order.merchant_id,
        merchant_split_no=None,
        fingerprint=None,
        currency=payment.currency,
        shares=tuple(Share(one.account, one.amount, one.description) for one in receivers),
        finish=True,
        notify_url=payment.notify_url,
        created_at=aggregate.now,
    )


def _start(aggregate: OrderAggregate, started: Split, payment: Payment) -> None:
    reserved = payment.split_reserved + started.amount
    aggregate.add_split(started, replace(payment, split_reserved=reserved))


def _after(was: Split, fact: SplitFact, result: SplitResult, now: datetime) -> Split:
    state = split.after(was.state, fact)
    was = replace(was, channel_split_no=was.channel_split_no or result.channel_split_no)
    if state is was.state:
        return replace(was, last_fact=fact) if state is SplitStatus.PROCESSING else was
    theirs = {one.account: one for one in result.receivers}
    shares = tuple(_decided(share, fact, theirs.get(share.account), result) for share in was.shares)
    return replace(
        was,
        state=state,
        shares=shares,
        finished_at=now,
        failure=next((share.failure for share in shares if share.failure), None),
    )


def _decided(
    share: Share, fact: SplitFact, theirs: ShareResult | None, result: SplitResult
) -> Share:
    if fact is not SplitFact.REFUSED and theirs is not None and theirs.status == "succeeded":
        return replace(share, state=ShareStatus.SUCCEEDED)
    about = result if theirs is None or theirs.code is None else theirs
    return replace(share, state=ShareStatus.FAILED, failure=facts.why(fact, about))


def _move_money(aggregate: OrderAggregate, decided: Split, paid: Payment) -> Payment:
    """Book what receivers got and what they did not; the payment with its new amounts."""
    missed = sum(one.amount for one in decided.shares if one.state is ShareStatus.FAILED)
    for kind, amount in (
        (ledger.Kind.SPLIT_SETTLED, decided.amount - missed),
        (ledger.Kind.SPLIT_RELEASED, missed),
    ):
        if amount:
            entry = ledger.of_split(kind, decided, paid, amount, at=aggregate.now)
            aggregate.entries.append(entry)
    if missed and decided.merchant_split_no is None:
        aggregate.alerts.append(alerts.split_failed(aggregate.order, paid, decided))
    return replace(paid, split_reserved=paid.split_reserved - missed)
