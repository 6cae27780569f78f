"""A state of the pure domain: one order with all that belongs to it, and what was booked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import patch

from contracts.api import Method
from contracts.api import PaymentStatus as State
from trade_core.domain import aggregate as aggregates
from trade_core.domain import refund_reservation, splitting
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.ledger import Entry
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split

BEGIN: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
OLD: Final = BEGIN + timedelta(seconds=10)
"""While the first initiation may still be under way."""
IN_TIME: Final = BEGIN + timedelta(seconds=60)
AFTER_THE_END: Final = BEGIN + timedelta(hours=3)
EXPIRES: Final = timedelta(hours=2)
AMOUNT: Final = 1000


class _Nothing(dict[str, Any]):
    """Metadata that can stand in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return 0


NOTHING: Final = _Nothing()


@dataclass(frozen=True, slots=True)
class Node:
    """Two nodes are one state when they differ in nothing that decides anything."""

    order: Order
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...] = ()
    splits: tuple[Split, ...] = ()
    booked: tuple[Entry, ...] = ()
    now: datetime = IN_TIME

    def opened(self) -> OrderAggregate:
        """As a flow opens it."""
        return OrderAggregate(
            self.order,
            {each.payment_no: each for each in self.payments},
            {each.refund_no: each for each in self.refunds},
            self.now,
            {each.split_no: each for each in self.splits},
        )

    def after(self, aggregate: OrderAggregate) -> "Node":
        """As it is saved. What only people read is left out, and the count of events."""
        booked = [replace(entry, at=BEGIN) for entry in aggregate.entries]
        if booked:
            booked = sorted((*self.booked, *booked), key=lambda each: (each.subject, each.kind))
        return Node(
            order=replace(aggregate.order, version=0),
            payments=tuple(map(_plain_payment, aggregate.payments.values())),
            refunds=tuple(map(_plain_refund, aggregate.refunds.values())),
            splits=tuple(map(_plain_split, aggregate.splits.values())),
            booked=tuple(booked) or self.booked,
            now=self.now,
        )


def _plain_payment(payment: Payment) -> Payment:
    if payment.failure is None and payment.action is None:
        return payment
    return replace(payment, failure=None, action=None)


def _plain_refund(refund: Refund) -> Refund:
    return refund if refund.failure is None else replace(refund, failure=None)


def _plain_split(split: Split) -> Split:
    if split.failure is None:
        return split
    shares = tuple(replace(share, failure=None) for share in split.shares)
    return replace(split, shares=shares, failure=None)


def first() -> Node:
    """An order whose first payment is just being initiated, by the payer's code."""
    payment = attempt("P1", "C1", Method.BARCODE)
    order = Order(
        order_id="O1",
        app_id="A1",
        merchant_id="M1",
        merchant_order_no="W1",
        amount=AMOUNT,
        currency="CNY",
        subject="物业费",
        created_at=BEGIN,
        expires_at=payment.expires_at,
        latest_payment_no=payment.payment_no,
    )
    return Node(order, (payment,))


def attempt(payment_no: str, account_id: str, method: Method) -> Payment:
    return Payment(
        payment_no=payment_no,
        order_id="O1",
        account_id=account_id,
        requested_account_id=account_id,
        channel="bank",
        method=method,
        called_as=method,
        state=State.INITIATING,
        amount=AMOUNT,
        currency="CNY",
        subject="物业费",
        fingerprint="",
        created_at=BEGIN,
        initiated_at=BEGIN,
        expires_at=BEGIN + EXPIRES,
        metadata=NOTHING,
        notify_url=None,
        return_url=None,
    )


class Numbers:
    """New numbers follow from the state, so that one state has one name."""

    def __init__(self) -> None:
        self._made = 0

    def begin(self, node: Node) -> None:
        self._made = len(node.refunds) + len(node.splits)

    def new(self, kind: str) -> str:
        self._made += 1
        return f"{kind[0].upper()}{self._made}"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        with (
            patch.object(refund_reservation, "new_id", self.new),
            patch.object(splitting, "new_id", self.new),
            patch.object(aggregates, "new_id", lambda kind: "E"),
        ):
            yield
