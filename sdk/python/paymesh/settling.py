"""What to do when it is not known what came of a payment: ask; and never create another order."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from paymesh.errors import (
    AnswerLost,
    InternalError,
    NotConnected,
    NotFound,
    NotSettled,
    OrderClosed,
    OrderPaid,
    PaymentConflicted,
    PaymentInProgress,
    PaymeshError,
    TooBusy,
    Unknown,
    failed,
)
from paymesh.exchange import Call, Flow, Now, Sleep, exchange
from paymesh.models.money import OrderView, PaymentView, PaymentWithOrder
from paymesh.models.vocabulary import PaymentStatus

log = logging.getLogger("paymesh")

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 5.0

ASK_AGAIN_AFTER_S: Final = 16.0
"""Just over the 15 s within which the same order is not initiated twice. Where the app's window is
longer, the same request is answered with the same payment until that is over."""

FOR_NOW: Final = (NotConnected, AnswerLost, TooBusy, PaymentInProgress, InternalError)
"""Says nothing of the payment: ask again."""

DECIDED: Final = (OrderPaid, OrderClosed, PaymentConflicted)
"""Of an order that was asked for again: meanwhile it is known what came of an earlier attempt."""

NOTHING_PAID: Final = (PaymentStatus.FAILED, PaymentStatus.CLOSED)
"""Perhaps of an earlier attempt: then the one whose answer was lost may never have arrived."""

Get = Callable[[str], Call[PaymentWithOrder]]
Holds = Callable[[PaymentView], bool]
T = TypeVar("T")
PaymentT = TypeVar("PaymentT", PaymentView, PaymentWithOrder)


def create_and_settle(
    create: Call[PaymentView],
    find: Call[OrderView],
    get: Get,
    *,
    is_asked: Holds,
    asks_again: bool,
    timeout_s: float,
) -> Flow[PaymentView]:
    """Create a payment, and where its outcome is not known, ask until it is.

    Where the channel's answer stays lost, or was found without the way to call the payer, the same
    order is asked for again once its window is over: the centre closes the attempt that leads
    nowhere and opens another, of which one at most is paid. `asks_again` False: not so.

    Raises:
        NotSettled: `timeout_s` is over.
        ApiError: the payment was refused, or failed.
    """
    until = (yield Now()) + timeout_s
    began = yield Now()
    payment = yield from _created(create, find, is_asked, until)
    while True:
        patience = min(until, began + ASK_AGAIN_AFTER_S) if asks_again else until
        try:
            return _not_failed((yield from settle(payment, get, _is_settled, patience)))
        except NotSettled as waiting:
            began = yield Now()
            if began + FIRST_WAIT_S > until or not asks_again:
                raise
            payment = waiting.payment or payment
        try:
            payment = yield from _created(create, find, is_asked, until)
        except (NotConnected, TooBusy):
            continue
        except NotSettled as error:
            raise NotSettled(payment, error.cause) from error
        except DECIDED as error:
            if error.payment is None:
                raise
            decided = yield from _seen(get(error.payment.payment_no), until)
            return _not_failed((yield from settle(decided, get, _is_settled, until)))


def wait(payment_no: str, get: Get, timeout_s: float) -> Flow[PaymentWithOrder]:
    """Ask until the payment is final. Raises NotSettled."""
    until = (yield Now()) + timeout_s
    payment = yield from _seen(get(payment_no), until)
    return (yield from settle(payment, get, lambda seen: seen.is_final, until))


def settle(payment: PaymentT, get: Get, is_enough: Holds, until: float) -> Flow[PaymentT]:
    wait_s = FIRST_WAIT_S
    cause: PaymeshError | None = None
    while not is_enough(payment):
        left_s = until - (yield Now())
        if left_s <= 0:
            raise NotSettled(payment, cause) from cause
        yield Sleep(min(wait_s, left_s))
        wait_s = min(wait_s * 1.5, LONGEST_WAIT_S)
        try:
            payment = yield from exchange(get(payment.payment_no), until)
            cause = None
        except FOR_NOW as error:
            log.warning("%s cannot be asked about for now: %s", payment.payment_no, error)
            cause = error
    return payment


def _seen(question: Call[T], until: float) -> Flow[T]:
    """What is asked for, until it is answered. Raises NotSettled."""
    while True:
        try:
            return (yield from exchange(question, until))
        except FOR_NOW as error:
            yield from _pause(until, error)


def _pause(until: float, cause: PaymeshError) -> Flow[None]:
    """Raises NotSettled where no time is left for it."""
    log.warning("it is not known for now what became of the payment: %s", cause)
    if (yield Now()) + FIRST_WAIT_S > until:
        raise NotSettled(None, cause) from cause
    yield Sleep(FIRST_WAIT_S)


def _is_settled(payment: PaymentView) -> bool:
    return payment.is_settled


def _not_failed(payment: PaymentView) -> PaymentView:
    if payment.status is PaymentStatus.FAILED:
        raise failed(payment)
    return payment


def _created(
    create: Call[PaymentView], find: Call[OrderView], is_asked: Holds, until: float
) -> Flow[PaymentView]:
    """A lost answer is looked for under the app's own order number. `is_asked`: whether a payment
    has the content that was asked for. Only where the newest of the order is an earlier one, or
    there is none, the same is asked for again: the centre makes one payment of it."""
    while True:
        try:
            return (yield from exchange(create, until))
        except Unknown as error:
            if not isinstance(error.payment, PaymentView):
                raise
            return error.payment
        except (AnswerLost, InternalError, PaymentInProgress) as error:
            found = yield from _newest(find, until, error)
            if found is not None and is_asked(found) and found.status not in NOTHING_PAID:
                return found


def _newest(find: Call[OrderView], until: float, cause: PaymeshError) -> Flow[PaymentView | None]:
    """The order's newest payment; None: the order is not there. Raises NotSettled."""
    while True:
        yield from _pause(until, cause)
        try:
            order = yield from _seen(find, until)
        except NotFound:
            return None
        if order.payments:
            return max(order.payments, key=lambda payment: payment.created_at)
