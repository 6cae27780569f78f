"""To open a payment: a first one, the next attempt of an order, the payer's own choice."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from contracts.api import CreatePayment, Method, PaymentStatus
from contracts.identifiers import new_id
from trade_core.domain import closing
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import NextCheck
from trade_core.domain.errors import (
    CheckoutReplaced,
    CurrencyChanged,
    OrderClosed,
    PaymentInProgress,
    TooManyAttempts,
)
from trade_core.domain.order import Order, OrderKey
from trade_core.domain.payment import CALL_LIMIT, Payment, PaymentFact, after
from trade_core.domain.split import Receiver
from trade_core.domain.undecided import find_refusal

MAX_ATTEMPTS: Final = 6
"""Of one order, on our page."""

BETWEEN_ATTEMPTS: Final = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """An authenticated request. `channel` None: our own page decides. `signed_at` None: nobody
    signed it."""

    app_id: str
    content: CreatePayment
    channel: str | None
    window: timedelta
    signed_at: datetime | None = None

    @property
    def order_key(self) -> OrderKey:
        content = self.content
        return OrderKey(self.app_id, content.merchant_id, content.merchant_order_no)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where, and how, the payer wants to pay; `anew` as in `contracts.internal.ChooseChannel`."""

    account_id: str
    channel: str
    method: Method
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """`close_first`: this one must be closed at its channel, then the choice is made again."""

    payment: Payment
    initiate: bool
    close_first: Payment | None = None


def fresh(request: PaymentRequest, now: datetime) -> tuple[Order, Payment]:
    """A new order with its first payment."""
    content = request.content
    order_id = new_id("order")
    payment = _payment(request, order_id, now)
    order = Order(
        order_id=order_id,
        app_id=request.app_id,
        merchant_id=content.merchant_id,
        merchant_order_no=content.merchant_order_no,
        amount=content.amount,
        currency=content.currency,
        subject=content.subject,
        created_at=now,
        expires_at=payment.expires_at,
        latest_payment_no=payment.payment_no,
        version=1,
        signed_at=request.signed_at,
    )
    return order, payment


def open_another(aggregate: OrderAggregate, request: PaymentRequest) -> Payment:
    """The next attempt: nothing is paid, so the order takes the new values; the older attempts
    are closed at their channels. Raises CurrencyChanged."""
    if request.content.currency != aggregate.order.currency:
        raise CurrencyChanged(aggregate.order.merchant_order_no, aggregate.order.currency)
    payment = _payment(request, aggregate.order.order_id, aggregate.now)
    aggregate.order = replace(
        aggregate.order,
        amount=payment.amount,
        subject=payment.subject,
        expires_at=payment.expires_at,
        latest_payment_no=payment.payment_no,
        signed_at=request.signed_at or aggregate.order.signed_at,
    )
    closing.close_payments(aggregate)
    aggregate.add_payment(payment)
    return payment


def attempts_are_over(payments: Iterable[Payment], latest: Payment) -> bool:
    """Whether an order with these has had as many as our page opens; one that waits for its first
    choice, as where the app began again, has that."""
    is_to_bind = latest.is_open and not latest.is_placed
    return not is_to_bind and sum(payment.is_placed for payment in payments) >= MAX_ATTEMPTS


def choose(aggregate: OrderAggregate, payment_no: str, choice: Choice) -> Chosen:
    """The payer's choice on our page, made anew as long as nothing is paid.

    The first choice binds the payment, unless that has ended by then. Another one opens a new
    payment, and so does the same one where the payer was never called, but only when the former is
    certainly over: until then the answer is what to close.

    Raises OrderPaid, PaymentConflicted, OrderClosed, CheckoutReplaced, PaymentInProgress,
    TooManyAttempts.
    """
    current = aggregate.latest
    _require_alive(aggregate, aggregate.payments[payment_no], current)
    if not current.is_placed and current.is_open:
        return Chosen(_bind(aggregate, current, choice), initiate=True)
    is_same = _is_at(current, choice) and not (choice.anew or current.is_unopened)
    if current.is_open and not current.closing and is_same:
        return Chosen(current, initiate=False)
    if current.is_in_flight(aggregate.now):
        raise PaymentInProgress(aggregate.numbers_of(current))
    _limit_attempts(aggregate, current)
    if current.is_open:
        _have_closed(aggregate, current)
        return Chosen(current, initiate=False, close_first=current)
    return Chosen(_next_choice(aggregate, current, choice), initiate=True)


def _payment(request: PaymentRequest, order_id: str, now: datetime) -> Payment:
    content = request.content
    placed = request.channel is not None
    return Payment(
        payment_no=new_id("payment"),
        order_id=order_id,
        account_id=content.payment_id if placed else None,
        requested_account_id=content.payment_id,
        channel=request.channel,
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
        split_receivers=tuple(
            Receiver(one.account, one.amount, one.description) for one in content.split
        ),
        will_split=content.will_split,
    )


def _require_alive(aggregate: OrderAggregate, asked: Payment, current: Payment) -> None:
    if refusal := find_refusal(aggregate):
        raise refusal
    if aggregate.now >= aggregate.order.expires_at:
        raise OrderClosed(aggregate.numbers_of(current))
    if asked.method is not Method.CASHIER or current.method is not Method.CASHIER:
        raise CheckoutReplaced(aggregate.numbers_of(asked))


def _limit_attempts(aggregate: OrderAggregate, current: Payment) -> None:
    """Each attempt is a trade at a channel, and whoever has the link can ask for the next one."""
    if attempts_are_over(aggregate.payments.values(), current):
        raise TooManyAttempts(aggregate.order.merchant_order_no, None)
    left = current.initiated_at + BETWEEN_ATTEMPTS - aggregate.now
    if left > timedelta():
        raise TooManyAttempts(aggregate.order.merchant_order_no, ceil(left.total_seconds()))


def _is_at(payment: Payment, choice: Choice) -> bool:
    return (payment.account_id, payment.called_as) == (choice.account_id, choice.method)


def _bind(aggregate: OrderAggregate, payment: Payment, choice: Choice) -> Payment:
    bound = replace(
        payment,
        state=after(payment.state, PaymentFact.CHOSEN),
        account_id=choice.account_id,
        channel=choice.channel,
        called_as=choice.method,
        initiated_at=aggregate.now,
    )
    aggregate.change_payment(bound)
    return bound


def _have_closed(aggregate: OrderAggregate, payment: Payment) -> None:
    """Whoever asked closes it now; should that come to nothing, we do."""
    if not payment.closing:
        aggregate.change_payment(replace(payment, closing=True))
        aggregate.next_checks[payment.payment_no] = NextCheck(aggregate.now + CALL_LIMIT)


def _next_choice(aggregate: OrderAggregate, former: Payment, choice: Choice) -> Payment:
    """What the app asked for goes on; what became of the former attempt stays with it."""
    payment = Payment(
        payment_no=new_id("payment"),
        order_id=former.order_id,
        account_id=choice.account_id,
        requested_account_id=former.requested_account_id,
        channel=choice.channel,
        method=former.method,
        called_as=choice.method,
        state=PaymentStatus.INITIATING,
        amount=former.amount,
        currency=former.currency,
        subject=former.subject,
        fingerprint=former.fingerprint,
        created_at=aggregate.now,
        initiated_at=aggregate.now,
        expires_at=aggregate.order.expires_at,
        metadata=former.metadata,
        notify_url=former.notify_url,
        return_url=former.return_url,
        split_receivers=former.split_receivers,
        will_split=former.will_split,
    )
    aggregate.order = replace(aggregate.order, latest_payment_no=payment.payment_no)
    aggregate.add_payment(payment)
    return payment
