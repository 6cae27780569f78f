"""What the page shows of a checkout: one stage at a time, decided here and nowhere else."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never
from urllib.parse import urlsplit

from contracts.actions import (
    AppAction,
    FormAction,
    JsapiAction,
    NoAction,
    QrCodeAction,
    RedirectAction,
)
from contracts.api import OrderStatus, PaymentStatus, PaymentView
from contracts.internal import Checkout

SAFE_SCHEMES: Final = frozenset({"https", "http", "weixin", "alipays"})
"""Where a link may lead: web pages and the wallets' own apps; never a script."""


class Stage(StrEnum):
    """`choose` where to pay · `scan` the code · `go` to the channel's page by link · `submit` a
    form to it · `wait` · `paid` · `checking`: people look at it · `failed` · `closed`."""

    CHOOSE = "choose"
    SCAN = "scan"
    GO = "go"
    SUBMIT = "submit"
    WAIT = "wait"
    PAID = "paid"
    CHECKING = "checking"
    FAILED = "failed"
    CLOSED = "closed"


FINAL: Final = frozenset({Stage.PAID, Stage.FAILED, Stage.CLOSED})


@dataclass(frozen=True, slots=True)
class Status:
    """What is told of a checkout while it is open. Another `mark` means: draw the page anew."""

    stage: Stage
    payment: PaymentStatus
    order: OrderStatus
    mark: str

    @property
    def is_final(self) -> bool:
        return self.stage in FINAL


def status_of(checkout: Checkout, now: datetime) -> Status:
    payment, order = checkout.payment, checkout.order
    stage = stage_of(checkout, now)
    facts = (payment.payment_no, payment.payment_id, payment.status, order.status, stage)
    mark = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    return Status(stage, payment.status, order.status, mark)


def stage_of(checkout: Checkout, now: datetime) -> Stage:
    """The order's end comes first: it may have been paid by another attempt than this one."""
    payment, order = checkout.payment, checkout.order
    if order.status is OrderStatus.PAID or payment.status is PaymentStatus.SUCCEEDED:
        return Stage.PAID
    if payment.status is PaymentStatus.CONFLICTED:
        return Stage.CHECKING
    if order.status is OrderStatus.CLOSED or now >= order.expires_at:
        return Stage.CLOSED
    match payment.status:
        case PaymentStatus.INITIATING | PaymentStatus.UNKNOWN:
            return Stage.WAIT
        case PaymentStatus.PENDING:
            return _stage_of_pending(payment)
        case PaymentStatus.FAILED:
            return Stage.CHOOSE if checkout.offers else Stage.FAILED
        case PaymentStatus.CLOSED:
            return Stage.CHOOSE if checkout.offers else Stage.CLOSED
        case _:
            assert_never(payment.status)


def is_safe_link(url: str) -> bool:
    return urlsplit(url).scheme.lower() in SAFE_SCHEMES


def _stage_of_pending(payment: PaymentView) -> Stage:
    if payment.payment_id is None:
        return Stage.CHOOSE
    match payment.action:
        case QrCodeAction():
            return Stage.SCAN
        case RedirectAction(url=url):
            return Stage.GO if is_safe_link(url) else Stage.WAIT
        case FormAction(url=url):
            return Stage.SUBMIT if is_safe_link(url) else Stage.WAIT
        case JsapiAction() | AppAction() | NoAction() | None:
            return Stage.WAIT
        case _:
            assert_never(payment.action)
