"""To open a payment: the 15-second rule, the next attempt of an order, the payer's own choice."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from contracts.api import CreatePayment, Method, OrderStatus, PaymentStatus
from contracts.identifiers import new_id
from trade_core.domain import closing
from trade_core.domain.dossier import Dossier
from trade_core.domain.due import Look
from trade_core.domain.errors import (
    CheckoutReplaced,
    OrderClosed,
    OrderPaid,
    PaymentInProgress,
    TooSoon,
)
from trade_core.domain.order import Order, OrderKey
from trade_core.domain.payment import CALL_LIMIT, Fact, Payment, after


@dataclass(frozen=True, slots=True)
class Wish:
    """An authenticated wish. `channel` None: our own page decides."""

    app_id: str
    content: CreatePayment
    channel: str | None
    window: timedelta

    @property
    def order_key(self) -> OrderKey:
        content = self.content
        return OrderKey(self.app_id, content.merchant_id, content.merchant_order_no)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where, and how, the payer wants to pay."""

    payment_id: str
    channel: str
    method: Method


@dataclass(frozen=True, slots=True)
class Chosen:
    """`close_first`: this one must be closed at its channel, then the choice is made again."""

    payment: Payment
    initiate: bool
    close_first: Payment | None = None


def fresh(wish: Wish, now: datetime) -> tuple[Order, Payment]:
    """A new order with its first payment."""
    content = wish.content
    order_id = new_id("order")
    payment = _payment(wish, order_id, now)
    order = Order(
        order_id=order_id,
        app_id=wish.app_id,
        merchant_id=content.merchant_id,
        merchant_order_no=content.merchant_order_no,
        amount=content.amount,
        currency=content.currency,
        subject=content.subject,
        created_at=now,
        expires_at=payment.expires_at,
        latest_payment_no=payment.payment_no,
        version=1,
    )
    return order, payment


def is_replay(order: Order, latest: Payment, wish: Wish, now: datetime) -> bool:
    """The 15-second rule (§5 rule 1): True: answer with the latest payment as it is now; False:
    open another.

    Raises OrderClosed, OrderPaid, TooSoon.
    """
    if order.state is OrderStatus.CLOSED:
        raise OrderClosed(order.merchant_order_no)
    left = latest.initiated_at + wish.window - now
    within = left > timedelta()
    if within and latest.fingerprint == wish.content.fingerprint():
        return True
    if order.state is OrderStatus.PAID:
        raise OrderPaid(order.merchant_order_no)
    if within:
        raise TooSoon(ceil(left.total_seconds()))
    return False


def open_another(dossier: Dossier, wish: Wish) -> Payment:
    """The next attempt: nothing is paid, so the order takes the new values; the older attempts
    are closed at their channels."""
    payment = _payment(wish, dossier.order.order_id, dossier.now)
    dossier.order = replace(
        dossier.order,
        amount=payment.amount,
        currency=payment.currency,
        subject=payment.subject,
        expires_at=payment.expires_at,
        latest_payment_no=payment.payment_no,
    )
    closing.close_payments(dossier)
    dossier.add_payment(payment)
    return payment


def choose(dossier: Dossier, payment_no: str, choice: Choice) -> Chosen:
    """The payer's choice on our page, made anew as long as nothing is paid.

    The first choice binds the payment. Another one opens a new payment, but only when the former
    is certainly over: until then the answer is what to close.

    Raises OrderPaid, OrderClosed, CheckoutReplaced, PaymentInProgress.
    """
    current = dossier.payments[dossier.order.latest_payment_no]
    _require_alive(dossier, dossier.payments[payment_no], current)
    if not current.is_placed:
        return Chosen(_bind(dossier, current, choice), initiate=True)
    if current.is_open and not current.closing and _is_at(current, choice):
        return Chosen(current, initiate=False)
    if current.is_in_flight(dossier.now):
        raise PaymentInProgress(current.payment_no)
    if current.is_open:
        _have_closed(dossier, current)
        return Chosen(current, initiate=False, close_first=current)
    return Chosen(_next_choice(dossier, current, choice), initiate=True)


def _payment(wish: Wish, order_id: str, now: datetime) -> Payment:
    content = wish.content
    placed = wish.channel is not None
    return Payment(
        payment_no=new_id("payment"),
        order_id=order_id,
        payment_id=content.payment_id if placed else None,
        wished_payment_id=content.payment_id,
        channel=wish.channel,
        method=content.method,
        called_as=content.method if placed else None,
        state=PaymentStatus.INITIATING if placed else PaymentStatus.PENDING,
        amount=content.amount,
        currency=content.currency,
        subject=content.subject,
        fingerprint=content.fingerprint(),
        created_at=now,
        initiated_at=now,
        expires_at=now + timedelta(seconds=content.expires_in_s),
        metadata=content.metadata,
        notify_url=content.notify_url,
        return_url=content.return_url,
        split=tuple(content.split),
        splits=content.splits or bool(content.split),
    )


def _require_alive(dossier: Dossier, asked: Payment, current: Payment) -> None:
    order = dossier.order
    if order.state is OrderStatus.PAID:
        raise OrderPaid(order.merchant_order_no)
    if order.state is OrderStatus.CLOSED or dossier.now >= order.expires_at:
        raise OrderClosed(order.merchant_order_no)
    if asked.method is not Method.CASHIER or current.method is not Method.CASHIER:
        raise CheckoutReplaced(asked.payment_no)


def _is_at(payment: Payment, choice: Choice) -> bool:
    return (payment.payment_id, payment.called_as) == (choice.payment_id, choice.method)


def _bind(dossier: Dossier, payment: Payment, choice: Choice) -> Payment:
    bound = replace(
        payment,
        state=after(payment.state, Fact.CHOSEN),
        payment_id=choice.payment_id,
        channel=choice.channel,
        called_as=choice.method,
        initiated_at=dossier.now,
    )
    dossier.change_payment(bound)
    return bound


def _have_closed(dossier: Dossier, payment: Payment) -> None:
    """Whoever asked closes it now; should that come to nothing, we do."""
    if not payment.closing:
        dossier.change_payment(replace(payment, closing=True))
        dossier.looks[payment.payment_no] = Look(dossier.now + CALL_LIMIT)


def _next_choice(dossier: Dossier, former: Payment, choice: Choice) -> Payment:
    payment = replace(
        former,
        payment_no=new_id("payment"),
        payment_id=choice.payment_id,
        channel=choice.channel,
        called_as=choice.method,
        state=PaymentStatus.INITIATING,
        created_at=dossier.now,
        initiated_at=dossier.now,
        expires_at=dossier.order.expires_at,
        action=None,
        channel_trade_no=None,
        failure=None,
        closing=False,
    )
    dossier.order = replace(dossier.order, latest_payment_no=payment.payment_no)
    dossier.add_payment(payment)
    return payment
