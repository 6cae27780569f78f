"""From events to what is true now: of many things said of one entity the newest counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from contracts.api import OrderSummary, PaymentView, RefundView, SplitView
from contracts.events.deliveries import DeliveryEvent
from contracts.events.envelope import CloudEvent
from contracts.events.orders import CALLBACK_TYPES, OrderEvent
from merchant_admin.domain.search import Delivery, Tried

ViewT = TypeVar("ViewT", OrderSummary, PaymentView, RefundView, SplitView)


Word = tuple[CloudEvent[Any], OrderEvent, ViewT]
"""An event, and what it says of one thing."""


@dataclass(frozen=True, slots=True)
class Mention(Generic[ViewT]):
    """What one event says of an order, a payment, a refund or a split.

    `sequence` is the order's version. `callback_id` is the id of the callback that the app gets
    for it, None where it gets none.
    """

    order_id: str
    app_id: str
    sequence: int
    callback_id: str | None
    view: ViewT


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event of an order, as its page tells it. `trace_id`: of the request that caused it."""

    order_id: str
    sequence: int
    event_id: str
    at: datetime
    type: str
    subject: str
    trace_id: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallbackNews:
    """`newest`: how it fared last. `numbers`: of what it is about. `tried`: the attempts that are
    told of, in any order."""

    newest: Delivery
    numbers: frozenset[str]
    tried: tuple[Tried, ...]

    def with_more(self, more: "CallbackNews") -> "CallbackNews":
        newest = more.newest if self.newest.at <= more.newest.at else self.newest
        return CallbackNews(newest, self.numbers | more.numbers, self.tried + more.tried)


@dataclass(frozen=True, slots=True)
class Batch:
    """Each thing once, in its newest state; deliveries by callback id."""

    orders: list[Mention[OrderSummary]]
    payments: list[Mention[PaymentView]]
    refunds: list[Mention[RefundView]]
    splits: list[Mention[SplitView]]
    deliveries: dict[str, CallbackNews]
    history: list[PastEvent]


def project(events: Iterable[CloudEvent[OrderEvent] | CloudEvent[DeliveryEvent]]) -> Batch:
    """Boil a batch down, whatever its order and however often something stands in it."""
    orders: dict[str, Word[OrderSummary]] = {}
    payments: dict[str, Word[PaymentView]] = {}
    refunds: dict[str, Word[RefundView]] = {}
    splits: dict[str, Word[SplitView]] = {}
    deliveries: dict[str, CallbackNews] = {}
    history: list[PastEvent] = []
    for event in events:
        match event.data:
            case OrderEvent() as data:
                history.append(_past_event(event, data))
                _keep_newest(orders, data.order_id, (event, data, data.order))
                if data.payment is not None:
                    _keep_newest(payments, data.payment.payment_no, (event, data, data.payment))
                if data.refund is not None:
                    _keep_newest(refunds, data.refund.refund_no, (event, data, data.refund))
                if data.split is not None:
                    _keep_newest(splits, data.split.split_no, (event, data, data.split))
            case DeliveryEvent(event_id=str() as callback_id) as data:
                news, known = _callback_news(event.type, data), deliveries.get(callback_id)
                deliveries[callback_id] = known.with_more(news) if known else news
            case DeliveryEvent():
                pass  # A suspended endpoint: no callback in particular.
    return Batch(
        orders=[_mention(*newest) for newest in orders.values()],
        payments=[_mention(event, data, _shown(view)) for event, data, view in payments.values()],
        refunds=[_mention(*newest) for newest in refunds.values()],
        splits=[_mention(*newest) for newest in splits.values()],
        deliveries=deliveries,
        history=history,
    )


def trace_id_of(traceparent: str | None) -> str | None:
    """The trace in a W3C traceparent: by it the logs of all services are found."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 else None


def _past_event(event: CloudEvent[Any], data: OrderEvent) -> PastEvent:
    about = data.refund or data.split or data.payment or data.order
    failing = data.refund or data.payment
    failure = failing.failure if failing else None
    return PastEvent(
        order_id=data.order_id,
        sequence=data.sequence,
        event_id=event.id,
        at=event.time,
        type=event.type,
        subject=event.subject,
        trace_id=trace_id_of(event.traceparent),
        facts={
            "status": about.status,
            "amount": about.amount,
            "currency": about.currency,
            "cause": data.refund.cause if data.refund else None,
            "failure": failure.model_dump() if failure else None,
            "call": data.call.model_dump(mode="json") if data.call else None,
        },
    )


def _keep_newest(newest: dict[str, Word[ViewT]], number: str, word: Word[ViewT]) -> None:
    known = newest.get(number)
    if known is None or known[1].sequence <= word[1].sequence:
        newest[number] = word


def _mention(event: CloudEvent[Any], data: OrderEvent, view: ViewT) -> Mention[ViewT]:
    is_called_back = event.type in CALLBACK_TYPES and view is not data.order
    return Mention(
        order_id=data.order_id,
        app_id=data.app_id,
        sequence=data.sequence,
        callback_id=event.id if is_called_back else None,
        view=view,
    )


def _shown(payment: PaymentView) -> PaymentView:
    """How to call the payer is of no use to people, and not theirs to see."""
    return payment.model_copy(update={"action": None})


def _callback_news(event_type: str, data: DeliveryEvent) -> CallbackNews:
    numbers = {number for name, number in data.numbers or () if name != "merchant_id"}
    made = data.attempt
    newest = Delivery(
        state=event_type.removeprefix("delivery."),
        attempts=data.attempts,
        last_status=data.last_status,
        url=data.url,
        at=data.at,
    )
    return CallbackNews(
        newest,
        frozenset(filter(None, numbers)),
        (Tried(made.at, made.status, made.error, made.latency_ms),) if made else (),
    )
