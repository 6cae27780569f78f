"""What to do when it is not known what came of a payment: ask, never create another."""

from collections.abc import Callable
from typing import Final

from paymesh.errors import (
    AnswerLost,
    InternalError,
    NotConnected,
    NotFound,
    NotSettled,
    PaymentInProgress,
    TooBusy,
    Unknown,
)
from paymesh.exchange import Call, Flow, Now, Sleep, exchange
from paymesh.models.money import OrderView, PaymentView

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 5.0

FOR_NOW: Final = (NotConnected, AnswerLost, TooBusy, PaymentInProgress, InternalError)
"""Says nothing of the payment: ask again."""

IsEnough = Callable[[PaymentView], bool]


def create_and_settle(
    create: Call[PaymentView],
    find: Call[OrderView],
    get: Callable[[str], Call[PaymentView]],
    timeout_s: float,
) -> Flow[PaymentView]:
    """Create a payment, and where its outcome is not known, ask until it is.

    A lost answer is looked for under the app's own order number; only an order that is not there
    is asked for again, with the same content.

    Raises:
        NotSettled: `timeout_s` is over.
        ApiError: the payment was refused.
    """
    until = (yield Now()) + timeout_s
    while True:
        try:
            payment = yield from exchange(create)
            break
        except Unknown as error:
            if not isinstance(error.payment, PaymentView):
                raise
            payment = error.payment
            break
        except AnswerLost:
            found = yield from _newest(find, until)
            if found is not None:
                payment = found
                break
    return (yield from settle(payment, get, lambda seen: seen.is_settled, until))


def wait(
    payment_no: str,
    get: Callable[[str], Call[PaymentView]],
    timeout_s: float,
) -> Flow[PaymentView]:
    """Ask until the payment is final. Raises NotSettled."""
    until = (yield Now()) + timeout_s
    payment = yield from exchange(get(payment_no))
    return (yield from settle(payment, get, lambda seen: seen.is_final, until))


def settle(
    payment: PaymentView,
    get: Callable[[str], Call[PaymentView]],
    is_enough: IsEnough,
    until: float,
) -> Flow[PaymentView]:
    wait_s = FIRST_WAIT_S
    while not is_enough(payment):
        if (yield Now()) + wait_s > until:
            raise NotSettled(payment)
        yield Sleep(wait_s)
        wait_s = min(wait_s * 1.5, LONGEST_WAIT_S)
        try:
            payment = yield from exchange(get(payment.payment_no))
        except FOR_NOW:
            continue
    return payment


def _newest(find: Call[OrderView], until: float) -> Flow[PaymentView | None]:
    """The order's newest payment; None: the order is not there. Raises NotSettled."""
    while True:
        if (yield Now()) + FIRST_WAIT_S > until:
            raise NotSettled(None)
        yield Sleep(FIRST_WAIT_S)
        try:
            order = yield from exchange(find)
        except NotFound:
            return None
        except FOR_NOW:
            continue
        if order.payments:
            return max(order.payments, key=lambda payment: payment.created_at)
