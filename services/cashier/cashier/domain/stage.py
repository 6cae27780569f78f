"""What the page shows of a checkout: one stage at a time, decided here and nowhere else.

Nothing that is said of the money follows from a clock (`clocks-end-choosing`): the time that is up
ends choosing, and what became of the payment is told when its channel has told it.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never
from urllib.parse import urlsplit

from cashier.domain.places import Place, Whereabouts
from contracts.actions import (
    AppAction,
    FormAction,
    JsapiAction,
    NoAction,
    QrCodeAction,
    RedirectAction,
)
from contracts.api import (
    Method,
    OrderStatus,
    PaymentStatus,
    PaymentView,
    RefundCause,
    RefundStatus,
    RefundView,
)
from contracts.internal import Checkout

SAFE_SCHEMES: Final = frozenset({"https", "http"})
"""Where any link may lead; that of a channel also to its own app, and never to a script."""

UNDECIDED: Final = frozenset(
    {PaymentStatus.INITIATING, PaymentStatus.PENDING, PaymentStatus.UNKNOWN}
)
GIVEN_BACK_AT_ONCE: Final = frozenset({RefundCause.DUPLICATE, RefundCause.LATE})
"""Causes of refunds of money that was never wanted."""


class Stage(StrEnum):
    """`choose` where to pay. To pay now: `scan` the code · `submit` the form that leads to the
    channel's page · `go` to that page again, or say to have paid · `bridge`, in the wallet itself.
    `renew`: code or call is too old for that, and is had anew. `unopened`: the channel's answer was
    lost, and with it what to pay by; a way is chosen again. `exhausted`: by none of its attempts it
    can be paid here, and there may be no further one. To wait: `elsewhere`, where the payer
    began it · `wait` for the channel's first word · `asking` whether it was paid, after the time to
    choose · `expired`: that time is over, and nothing was begun. Ends: `paid` · `partly_refunded` ·
    `returning`: what came was not wanted, and goes back · `refunded` · `failed`, another way may be
    chosen · `closed` · `conflicted`: people look at it.
    """

    CHOOSE = "choose"
    SCAN = "scan"
    GO = "go"
    SUBMIT = "submit"
    BRIDGE = "bridge"
    RENEW = "renew"
    UNOPENED = "unopened"
    EXHAUSTED = "exhausted"
    ELSEWHERE = "elsewhere"
    WAIT = "wait"
    ASKING = "asking"
    EXPIRED = "expired"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    RETURNING = "returning"
    REFUNDED = "refunded"
    FAILED = "failed"
    CLOSED = "closed"
    CONFLICTED = "conflicted"


RECEIPTS: Final = frozenset({Stage.PAID, Stage.PARTLY_REFUNDED, Stage.RETURNING, Stage.REFUNDED})
CALLED: Final = frozenset({Stage.SCAN, Stage.BRIDGE})
"""Paid by what the channel gave for that, which lives a while."""

PAY_NOW: Final = frozenset({Stage.SCAN, Stage.GO, Stage.SUBMIT, Stage.BRIDGE})
CHOOSING: Final = (
    frozenset({Stage.CHOOSE, Stage.RENEW, Stage.UNOPENED, Stage.FAILED, Stage.ELSEWHERE}) | PAY_NOW
)
"""Where a way to pay may be chosen, or another one."""

NOTHING_TO_PAY: Final = frozenset({Stage.CHOOSE, Stage.UNOPENED, Stage.FAILED})
"""Where nothing but another attempt goes on."""

ANSWERED_BY_STAGE: Final = (
    frozenset({Stage.CHOOSE, Stage.UNOPENED, Stage.EXHAUSTED, Stage.EXPIRED, Stage.FAILED})
    | {Stage.CLOSED, Stage.CONFLICTED}
    | RECEIPTS
)
"""What a payer who asks for the result is answered by the page itself. Elsewhere it looks as
before, so the page says that no payment was confirmed."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who looks, from where, and when. `attempt`: the payment that this device began, of all that
    it `began` the latest; `has_checked`: the payer has just had its channel asked."""

    place: Whereabouts
    attempt: str | None
    now: datetime
    has_checked: bool = False
    began: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What is told of a checkout while it is watched. Another `mark` means: draw the page anew."""

    stage: Stage
    payment: PaymentStatus
    order: str
    mark: str

    @property
    def is_final(self) -> bool:
        """Whether it was paid; even a closed order may turn out to be paid (`late-success`)."""
        return self.stage in RECEIPTS


def status_of(checkout: Checkout, seat: Seat) -> Status:
    payments = payments_of(checkout)
    watched = (
        checkout.order.status,
        seat.now >= checkout.order.expires_at,
        _is_too_old(checkout, current_of(checkout), seat),
        [(each.payment_no, each.payment_id, each.status) for each in payments],
        [(each.refund_no, each.status) for each in checkout.refunds],
    )
    mark = hashlib.sha256(repr(watched).encode()).hexdigest()[:16]
    shown = paid_of(checkout) or current_of(checkout)
    return Status(stage_of(checkout, seat), shown.status, checkout.order.status, mark)


def stage_of(checkout: Checkout, seat: Seat) -> Stage:
    """Money that came counts first, then what people must look at, then the order's end."""
    if paid := paid_of(checkout):
        return _stage_of_paid(checkout, paid)
    payments, order = payments_of(checkout), checkout.order
    if any(each.status is PaymentStatus.CONFLICTED for each in payments):
        return Stage.CONFLICTED
    if order.status is OrderStatus.PAID:
        return Stage.PAID
    if order.status is OrderStatus.CLOSED:
        return Stage.CLOSED
    if seat.now >= order.expires_at:
        return Stage.ASKING if any(_is_begun(each) for each in payments) else Stage.EXPIRED
    current = current_of(checkout)
    stage = _stage_of_open(current, seat, schemes_of(checkout, current.channel))
    if checkout.attempts_over and stage in NOTHING_TO_PAY:
        return Stage.EXHAUSTED
    return Stage.RENEW if stage in CALLED and _is_too_old(checkout, current, seat) else stage


def payments_of(checkout: Checkout) -> Sequence[PaymentView]:
    """The order's attempts, oldest first."""
    return checkout.payments or [checkout.payment]


def current_of(checkout: Checkout) -> PaymentView:
    """The latest attempt, which may be another than that of this page's address."""
    return max(payments_of(checkout), key=lambda each: (each.created_at, each.payment_no))


def paid_of(checkout: Checkout) -> PaymentView | None:
    """The payment that paid the order; the first success, where the payer paid twice. Where none
    did, what came and was not wanted."""
    succeeded = [each for each in payments_of(checkout) if each.status is PaymentStatus.SUCCEEDED]
    wanted = [each for each in succeeded if not _is_unwanted(checkout, each)]
    return next(iter(wanted or succeeded), None)


def is_untouched(checkout: Checkout) -> bool:
    """Whether no attempt to pay was ever begun."""
    return all(each.payment_id is None for each in payments_of(checkout))


def refunded_of(payment: PaymentView, refunds: Sequence[RefundView]) -> int:
    """What went back of this payment, in minor units."""
    return sum(
        each.amount
        for each in refunds
        if each.payment_no == payment.payment_no and each.status is RefundStatus.SUCCEEDED
    )


def overtaken_by(checkout: Checkout, seat: Seat) -> PaymentView | None:
    """The attempt that was begun elsewhere after the one of this page's address was closed. Who
    chose nothing here has nothing to be warned of."""
    asked, current = checkout.payment, current_of(checkout)
    is_over = asked.payment_no in seat.began and asked.status is PaymentStatus.CLOSED
    return current if is_over and current.payment_no != asked.payment_no else None


def schemes_of(checkout: Checkout, channel: str | None) -> Collection[str]:
    """Of links that open this channel's own app."""
    wallet = checkout.wallets.get(channel or "")
    return wallet.schemes if wallet else ()


def is_safe_link(url: str, schemes: Collection[str] = ()) -> bool:
    """`schemes`: beside those of web pages."""
    scheme = urlsplit(url).scheme.lower()
    return scheme in SAFE_SCHEMES or scheme in schemes


def _is_unwanted(checkout: Checkout, payment: PaymentView) -> bool:
    """Whether the centre gives it back by itself, or as a person decided: nobody asked for such a
    refund by a number."""
    return any(
        each.cause in GIVEN_BACK_AT_ONCE
        or (each.cause is RefundCause.REQUESTED and each.merchant_refund_no is None)
        for each in checkout.refunds
        if each.payment_no == payment.payment_no
    )


def _stage_of_paid(checkout: Checkout, paid: PaymentView) -> Stage:
    refunded = refunded_of(paid, checkout.refunds)
    if refunded >= paid.amount:
        return Stage.REFUNDED
    if _is_unwanted(checkout, paid):
        return Stage.RETURNING
    return Stage.PARTLY_REFUNDED if refunded else Stage.PAID


def _is_too_old(checkout: Checkout, payment: PaymentView, seat: Seat) -> bool:
    ends_at = checkout.calls_end.get(payment.payment_no)
    return ends_at is not None and seat.now >= ends_at


def _is_begun(payment: PaymentView) -> bool:
    return payment.payment_id is not None and payment.status in UNDECIDED


def _stage_of_open(payment: PaymentView, seat: Seat, schemes: Collection[str]) -> Stage:
    match payment.status:
        case PaymentStatus.INITIATING:
            return Stage.WAIT
        case PaymentStatus.UNKNOWN:
            # Its channel may answer in a moment; who has had it asked is not kept waiting.
            is_over = seat.has_checked and payment.action is None
            return _unopened(payment) if is_over else Stage.WAIT
        case PaymentStatus.PENDING:
            return _stage_of_pending(payment, seat, schemes)
        case PaymentStatus.FAILED:
            return Stage.FAILED
        case PaymentStatus.CLOSED:
            return Stage.CHOOSE
        case PaymentStatus.SUCCEEDED | PaymentStatus.CONFLICTED:
            raise AssertionError("told before the order's own state")
        case _:
            assert_never(payment.status)


def _stage_of_pending(payment: PaymentView, seat: Seat, schemes: Collection[str]) -> Stage:
    if payment.payment_id is None:
        return Stage.CHOOSE
    is_ours = seat.attempt == payment.payment_no
    match payment.action:
        case QrCodeAction():
            # A phone cannot scan what stands on its own screen.
            is_seen = is_ours or seat.place == Place.DESKTOP
            return Stage.SCAN if is_seen else Stage.ELSEWHERE
        case RedirectAction(url=url):
            stage = Stage.GO if is_ours else Stage.ELSEWHERE
            return stage if is_safe_link(url, schemes) else _unopened(payment)
        case FormAction(url=url):
            # Unlike a link it is not opened by the choice itself, but by the payer, from our page.
            sent = Stage.GO if seat.has_checked else Stage.SUBMIT
            stage = sent if is_ours else Stage.ELSEWHERE
            return stage if is_safe_link(url, schemes) else _unopened(payment)
        case JsapiAction():
            # It is made out to the one who was asked: nobody else can pay it.
            is_here = seat.place == payment.channel
            return Stage.BRIDGE if is_ours and is_here else Stage.ELSEWHERE
        case NoAction():
            return Stage.WAIT  # the payer was reached, and may have paid
        case AppAction() | None:
            return _unopened(payment)
        case _:
            assert_never(payment.action)


def _unopened(payment: PaymentView) -> Stage:
    """Of what this page began without a way to pay it, nobody can have paid anything; what else an
    app showed, we do not know."""
    return Stage.UNOPENED if payment.method is Method.CASHIER else Stage.WAIT
