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
from paymesh.models.vocabulary import PaymentStatus

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 5.0

FOR_NOW: Final = (NotConnected, AnswerLost, TooBusy, PaymentInProgress, InternalError)
"""Says nothing of the payment: ask again."""

NOTHING_PAID: Final = (PaymentStatus.FAILED, PaymentStatus.CLOSED)
"""Perhaps of an earlier attempt: then the one whose answer was lost may never have arrived."""

Holds = Callable[[PaymentView], bool]


def create_and_settle(
    create: Call[PaymentView],
    find: Call[OrderView],
    get: Callable[[str], Call[PaymentView]],
    *,
    is_asked: Holds,
    timeout_s: float,
) -> Flow[PaymentView]:
    """Create a payment, and where its outcome is not known, ask until it is.

    A lost answer is looked for under the app's own order number. `is_asked`: whether a payment
    has the content that was asked for. Only where the newest of the order is an earlier one, or
    there is none, the same is asked for again: the centre makes one payment of it.

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
        except (AnswerLost, InternalError, PaymentInProgress):
            found = yield from _newest(find, until)
            if found is not None and is_asked(found) and found.status not in NOTHING_PAID:
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
    is_enough: Holds,
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
