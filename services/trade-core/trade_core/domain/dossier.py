"""One order with all that belongs to it, opened under its lock, and what changes in it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.api import OrderStatus, PaymentStatus, RefundStatus
from contracts.events.alerts import Alert
from contracts.events.orders import SOURCE, OrderEvent, OrderEventRecord, OrderEventType
from contracts.identifiers import new_id
from trade_core.domain import due, ledger, views
from trade_core.domain.due import Look
from trade_core.domain.order import Order, derive
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund

PAYMENT_EVENTS: Final = {
    PaymentStatus.PENDING: OrderEventType.PAYMENT_PENDING,
    PaymentStatus.UNKNOWN: OrderEventType.PAYMENT_UNKNOWN,
    PaymentStatus.SUCCEEDED: OrderEventType.PAYMENT_SUCCEEDED,
    PaymentStatus.FAILED: OrderEventType.PAYMENT_FAILED,
    PaymentStatus.CLOSED: OrderEventType.PAYMENT_CLOSED,
    PaymentStatus.CONFLICTED: OrderEventType.PAYMENT_CONFLICTED,
}
REFUND_EVENTS: Final = {
    RefundStatus.SUCCEEDED: OrderEventType.REFUND_SUCCEEDED,
    RefundStatus.FAILED: OrderEventType.REFUND_FAILED,
    RefundStatus.ABNORMAL: OrderEventType.REFUND_ABNORMAL,
}
ORDER_EVENTS: Final = {
    OrderStatus.PAID: OrderEventType.ORDER_PAID,
    OrderStatus.CLOSED: OrderEventType.ORDER_CLOSED,
}


@dataclass(frozen=True, slots=True)
class AsRead:
    """What the database held when the dossier was opened: the `was` of each compare-and-set."""

    order: Order
    payments: dict[str, Payment]
    refunds: dict[str, Refund]


@dataclass(slots=True)
class Dossier:
    """The rules change the order only through the methods below; `store.saving.save` then writes
    everything at once: rows, ledger entries, events, alerts, and when to look again (`looks`; the
    `hurried` are due at once, whatever their next step is). `version` is the order's, and rises
    with each event."""

    order: Order
    payments: dict[str, Payment]
    refunds: dict[str, Refund]
    now: datetime
    traceparent: str | None = None
    events: list[OrderEventRecord] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    entries: list[ledger.Entry] = field(default_factory=list)
    looks: dict[str, Look | None] = field(default_factory=dict)
    hurried: set[str] = field(default_factory=set)
    version: int = field(init=False)
    read: AsRead = field(init=False)

    def __post_init__(self) -> None:
        self.version = self.order.version
        self.read = AsRead(self.order, dict(self.payments), dict(self.refunds))

    @property
    def is_urgent(self) -> bool:
        """Whether there is something to do at once."""
        looks = (look for look in self.looks.values() if look is not None)
        return bool(self.hurried) or any(look.due_at <= self.now for look in looks)

    def add_payment(self, payment: Payment) -> None:
        """A new attempt; the order's own values were set before."""
        self.payments[payment.payment_no] = payment
        self._look_at(payment)
        self._tell(OrderEventType.PAYMENT_CREATED, payment=payment)

    def change_payment(self, payment: Payment) -> None:
        """Put the changed payment; the order follows, and what became true is told."""
        was = self.payments[payment.payment_no]
        self.payments[payment.payment_no] = payment
        order_was = self._rederive()
        if payment.state is not was.state:
            if kind := PAYMENT_EVENTS.get(payment.state):
                self._tell(kind, payment=payment)
            self._look_at(payment)
        elif payment.closing and not was.closing:
            self._look_at(payment)
        self._tell_order_change(order_was)

    def change_order(self, order: Order) -> None:
        """Put the order with other wishes (values, closed by the app); its state follows."""
        self.order = order
        self._tell_order_change(self._rederive())

    def add_refund(self, refund: Refund, payment: Payment) -> None:
        """Money starts on its way back: reserved on `payment`, sent at once."""
        self.payments[payment.payment_no] = payment
        self.refunds[refund.refund_no] = refund
        self.entries.append(
            ledger.of_refund(ledger.Kind.REFUND_STARTED, refund, payment, at=self.now)
        )
        self.looks[refund.refund_no] = Look(self.now)
        self._tell(OrderEventType.REFUND_CREATED, payment=payment, refund=refund)

    def change_refund(self, refund: Refund, payment: Payment) -> None:
        """Put the changed refund and its payment's amounts."""
        was = self.refunds[refund.refund_no]
        self.refunds[refund.refund_no] = refund
        self.payments[payment.payment_no] = payment
        self._rederive()
        if refund.state is was.state:
            return
        self.looks[refund.refund_no] = None
        if kind := REFUND_EVENTS.get(refund.state):
            self._tell(kind, payment=payment, refund=refund)

    def end_expired(self) -> None:
        """What ends without a channel: the order's time is over and nothing can be paid."""
        self._tell_order_change(self._rederive())

    def _rederive(self) -> OrderStatus:
        """Derive the order anew; answers the state that it had."""
        was = self.order.state
        self.order = derive(self.order, self.payments.values(), self.now)
        return was

    def _look_at(self, payment: Payment) -> None:
        self.looks[payment.payment_no] = due.first_look(self.order, payment, self.now)

    def _tell_order_change(self, was: OrderStatus) -> None:
        if self.order.state is was:
            return
        self._tell(ORDER_EVENTS[self.order.state])
        latest = self.payments.get(self.order.latest_payment_no)
        if latest is not None and not latest.is_open:
            self.looks[latest.payment_no] = None

    def _tell(
        self,
        kind: OrderEventType,
        *,
        payment: Payment | None = None,
        refund: Refund | None = None,
    ) -> None:
        self.version += 1
        self.events.append(
            order_event(
                kind,
                self.order,
                sequence=self.version,
                payment=payment,
                refund=refund,
                at=self.now,
                traceparent=self.traceparent,
            )
        )


def order_event(
    kind: OrderEventType,
    order: Order,
    *,
    sequence: int,
    payment: Payment | None,
    refund: Refund | None,
    at: datetime,
    traceparent: str | None,
) -> OrderEventRecord:
    """One event with the whole state after the change. With a refund its payment is needed too."""
    return OrderEventRecord(
        id=new_id("event"),
        source=SOURCE,
        type=kind,
        subject=_subject(order, payment, refund),
        time=at,
        traceparent=traceparent,
        data=OrderEvent(
            app_id=order.app_id,
            merchant_id=order.merchant_id,
            order_id=order.order_id,
            sequence=sequence,
            order=views.order_summary(order),
            payment=views.payment_view(order, payment) if payment and not refund else None,
            refund=views.refund_view(order, payment, refund) if payment and refund else None,
            notify_url=_notify_url(payment, refund),
        ),
    )


def _subject(order: Order, payment: Payment | None, refund: Refund | None) -> str:
    if refund is not None:
        return refund.refund_no
    return order.order_id if payment is None else payment.payment_no


def _notify_url(payment: Payment | None, refund: Refund | None) -> str | None:
    if refund is not None:
        return refund.notify_url
    return None if payment is None else payment.notify_url
