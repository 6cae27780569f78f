"""One order with all that belongs to it, opened under its lock, and what changes in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus
from contracts.events.alerts import Alert
from contracts.events.channel_calls import ChannelCall
from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from trade_core.domain import due, ledger, returning
from trade_core.domain.due import NextCheck
from trade_core.domain.errors import ThreeNumbers
from trade_core.domain.event import Event
from trade_core.domain.order import Order, derive, numbers_of
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Return, Split

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
SPLIT_EVENTS: Final = {
    SplitStatus.SUCCEEDED: OrderEventType.SPLIT_SUCCEEDED,
    SplitStatus.FAILED: OrderEventType.SPLIT_FAILED,
}
ORDER_EVENTS: Final = {
    OrderStatus.PAID: OrderEventType.ORDER_PAID,
    OrderStatus.CLOSED: OrderEventType.ORDER_CLOSED,
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the database held when the aggregate was opened: the `was` of each compare-and-set."""

    order: Order
    payments: dict[str, Payment]
    refunds: dict[str, Refund]
    splits: dict[str, Split]


@dataclass(slots=True)
class OrderAggregate:
    """The rules change the order only through the methods below; `store.saving.save` then writes
    everything at once: rows, ledger entries, events, alerts, and `next_checks` (the
    `urgent` are due at once, whatever their next step is). `version` is the order's, and rises
    with each event. Of refunds and splits it holds those that the rule at work must know."""

    order: Order
    payments: dict[str, Payment]
    refunds: dict[str, Refund]
    now: datetime
    splits: dict[str, Split] = field(default_factory=dict)
    traceparent: str | None = None
    call: ChannelCall | None = None
    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    entries: list[ledger.Entry] = field(default_factory=list)
    next_checks: dict[str, NextCheck | None] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)
    version: int = field(init=False)
    snapshot: Snapshot = field(init=False)

    def __post_init__(self) -> None:
        self.version = self.order.version
        self.snapshot = Snapshot(self.order, dict(self.payments), dict(self.refunds), {})
        self.know_splits(self.splits)

    @property
    def is_urgent(self) -> bool:
        """Whether there is something to do at once."""
        next_checks = (
            next_check for next_check in self.next_checks.values() if next_check is not None
        )
        return bool(self.urgent) or any(next_check.due_at <= self.now for next_check in next_checks)

    def account_of(self, number: str) -> str:
        """The channel account that a payment, refund or split is at; "" where it is at none yet."""
        about = self.refunds.get(number) or self.splits.get(number)
        payment = self.payments[number if about is None else about.payment_no]
        return payment.account_id or ""

    def unknown_since(self, number: str) -> datetime | None:
        """Of a payment whose state is unknown."""
        payment = self.payments.get(number)
        return payment.initiated_at if payment and payment.state is PaymentStatus.UNKNOWN else None

    def know_refunds(self, refunds: Mapping[str, Refund]) -> None:
        """These were read under the order's lock too."""
        self.refunds = {**self.refunds, **refunds}
        self.snapshot.refunds.update(refunds)

    @property
    def latest(self) -> Payment:
        return self.payments[self.order.latest_payment_no]

    @property
    def settling(self) -> Payment | None:
        """The payment that pays the order."""
        return next((each for each in self.payments.values() if each.settles), None)

    def numbers_of(self, payment: Payment) -> ThreeNumbers:
        return numbers_of(self.order, payment)

    def know_splits(self, splits: Mapping[str, Split]) -> None:
        """These were read under the order's lock too."""
        self.splits = {**self.splits, **splits}
        self.snapshot.splits.update(splits)

    def add_payment(self, payment: Payment) -> None:
        """A new attempt; the order's own values were set before."""
        self.payments[payment.payment_no] = payment
        self._schedule_check(payment)
        self._tell(OrderEventType.PAYMENT_CREATED, payment=payment)

    def change_payment(self, payment: Payment) -> None:
        """Put the changed payment; the order follows, and what became true is told."""
        was = self.payments[payment.payment_no]
        self.payments[payment.payment_no] = payment
        order_was = self._rederive()
        if payment.state is not was.state:
            if kind := PAYMENT_EVENTS.get(payment.state):
                self._tell(kind, payment=payment)
            self._schedule_check(payment)
        elif (payment.closing and not was.closing) or payment.may_be_paid is not was.may_be_paid:
            self._schedule_check(payment)
        self._tell_order_change(order_was)

    def change_order(self, order: Order) -> None:
        """Put the order with other requests (values, closed by the app); its state follows."""
        self.order = order
        self._tell_order_change(self._rederive())

    def add_refund(self, refund: Refund, payment: Payment) -> None:
        """Money starts on its way back: reserved on `payment`, sent at once. What it takes back
        from receivers of splits, they hold no longer."""
        self.payments[payment.payment_no] = payment
        self.refunds[refund.refund_no] = refund
        self._take_back(refund, payment)
        self.entries.append(
            ledger.of_refund(ledger.Kind.REFUND_STARTED, refund, payment, at=self.now)
        )
        self.next_checks[refund.refund_no] = NextCheck(self.now)
        self._tell(OrderEventType.REFUND_CREATED, payment=payment, refund=refund)

    def add_returned(self, refund: Refund, payment: Payment) -> None:
        """A refund that is new to us and over already; reserved and returned on `payment`."""
        self.payments[payment.payment_no] = payment
        self.refunds[refund.refund_no] = refund
        for kind in (ledger.Kind.REFUND_STARTED, ledger.Kind.REFUND_SETTLED):
            self.entries.append(ledger.of_refund(kind, refund, payment, at=self.now))
        self._rederive()
        self._tell(OrderEventType.REFUND_CREATED, payment=payment, refund=refund)
        self._tell(OrderEventType.REFUND_SUCCEEDED, payment=payment, refund=refund)

    def change_refund(self, refund: Refund, payment: Payment) -> None:
        """Put the changed refund and its payment's amounts."""
        was = self.refunds[refund.refund_no]
        self.refunds[refund.refund_no] = refund
        self.payments[payment.payment_no] = payment
        self._rederive()
        if refund.state is was.state:
            return
        self.next_checks[refund.refund_no] = None
        self.urgent.add(refund.payment_no)  # What the channel says went back can be told apart now.
        if kind := REFUND_EVENTS.get(refund.state):
            self._tell(kind, payment=payment, refund=refund)
        is_over = refund.state in (RefundStatus.SUCCEEDED, RefundStatus.FAILED)
        if refund.returns and is_over and not refund.turn:
            self._end_returns(refund)
        elif refund.returns and was.state is RefundStatus.FAILED:
            self._return_after_all(refund, returning.still_kept(was.returns))

    def add_split(self, split: Split, payment: Payment) -> None:
        """Money starts on its way to receivers: reserved on `payment`, sent at once."""
        self.payments[payment.payment_no] = payment
        self.splits[split.split_no] = split
        kind = ledger.Kind.SPLIT_STARTED
        self.entries.append(ledger.of_split(kind, split, payment, split.amount, at=self.now))
        self.next_checks[split.split_no] = NextCheck(self.now)
        self._tell(OrderEventType.SPLIT_CREATED, payment=payment, split=split)

    def change_split(self, split: Split, payment: Payment) -> None:
        """Put the changed split and its payment's amounts."""
        was = self.splits[split.split_no]
        self.splits[split.split_no] = split
        self.payments[payment.payment_no] = payment
        if split.state is was.state:
            return
        self.next_checks[split.split_no] = None
        self._tell(SPLIT_EVENTS[split.state], payment=payment, split=split)

    def end_expired(self) -> None:
        """What ends without a channel: the order's time is over and nothing can be paid."""
        self._tell_order_change(self._rederive())

    def _take_back(self, refund: Refund, payment: Payment) -> None:
        amount = sum(one.amount for one in refund.returns)
        if not amount:
            return
        reserved = payment.split_reserved - amount
        self.payments[payment.payment_no] = replace(payment, split_reserved=reserved)
        for number in {one.split_no for one in refund.returns}:
            self.splits[number] = returning.begun(self.splits[number], refund.returns)
        kind = ledger.Kind.SPLIT_RETURNED
        self.entries.append(ledger.of_returns(kind, refund, payment, amount, at=self.now))

    def _end_returns(self, refund: Refund) -> None:
        """What is back, is back; what is not, the receivers keep."""
        payment = self.payments[refund.payment_no]
        kept = sum(one.amount for one in refund.returns if not one.is_back)
        if kept:
            payment = replace(payment, split_reserved=payment.split_reserved + kept)
            self.payments[payment.payment_no] = payment
            kind = ledger.Kind.SPLIT_RETURN_RELEASED
            self.entries.append(ledger.of_returns(kind, refund, payment, kept, at=self.now))
        for number in sorted({one.split_no for one in refund.returns}):
            self.splits[number] = returning.ended(self.splits[number], refund.returns)
            if any(one.is_back for one in refund.returns if one.split_no == number):
                returned = self.splits[number]
                self._tell(OrderEventType.SPLIT_RETURNED, payment=payment, split=returned)

    def _return_after_all(self, refund: Refund, returns: Sequence[Return]) -> None:
        """It had failed and went back: what receivers had kept is back too."""
        if not (amount := sum(one.amount for one in returns)):
            return
        payment = self.payments[refund.payment_no]
        payment = replace(payment, split_reserved=payment.split_reserved - amount)
        self.payments[payment.payment_no] = payment
        kind = ledger.Kind.SPLIT_RETURNED
        self.entries.append(ledger.of_returns(kind, refund, payment, amount, at=self.now))
        back = returning.marked(returns, {one.return_no for one in returns})
        for number in sorted({one.split_no for one in back}):
            self.splits[number] = returning.ended(returning.begun(self.splits[number], back), back)
            returned_split = self.splits[number]
            self._tell(OrderEventType.SPLIT_RETURNED, payment=payment, split=returned_split)

    def _rederive(self) -> OrderStatus:
        """Derive the order anew; answers the state that it had."""
        was = self.order.state
        self.order = derive(self.order, self.payments.values(), self.now)
        return was

    def _schedule_check(self, payment: Payment) -> None:
        self.next_checks[payment.payment_no] = due.first_check(self.order, payment, self.now)

    def _tell_order_change(self, was: OrderStatus) -> None:
        if self.order.state is was:
            return
        self._tell(ORDER_EVENTS[self.order.state])
        latest = self.payments.get(self.order.latest_payment_no)
        if latest is None or latest.is_open or latest.state is PaymentStatus.SUCCEEDED:
            return  # What went back of one that succeeded may be just asked about.
        self._schedule_check(latest)

    def _tell(
        self,
        kind: OrderEventType,
        *,
        payment: Payment | None = None,
        refund: Refund | None = None,
        split: Split | None = None,
    ) -> None:
        self.version += 1
        self.events.append(
            Event(
                event_id=new_id("event"),
                type=kind,
                sequence=self.version,
                at=self.now,
                traceparent=self.traceparent,
                order=self.order,
                payment=payment,
                refund=refund,
                split=split,
                call=self.call,
            )
        )
