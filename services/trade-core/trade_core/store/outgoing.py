"""Events and alerts as the outbox takes them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis import outbox
from chassis.database import Tx
from chassis.outbox import OutboxEvent
from contracts import topics
from contracts.events.alerts import Alert
from contracts.events.orders import CALLBACK_TYPES, SOURCE
from foundation import alerting
from trade_core.domain import views
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.event import Event


def order_event(event: Event) -> OutboxEvent:
    """Keyed by order. Only what apps are told by callback is listed for the app."""
    return OutboxEvent(
        event_id=event.event_id,
        topic=topics.ORDER_EVENTS,
        key=event.order.order_id,
        type=event.type,
        tenant=event.order.app_id if event.type in CALLBACK_TYPES else "",
        payload=views.order_event(event),
    )


async def tell_people(tx: Tx, alerts: Iterable[Alert], at: datetime) -> None:
    """Alerts leave through the outbox too: nobody misses them because of a crash."""
    await outbox.put(tx, [alerting.event(alert, source=SOURCE, at=at) for alert in alerts])


def of(aggregates: Iterable[OrderAggregate]) -> Sequence[OutboxEvent]:
    """All that these aggregates tell, each order's events as they became true."""
    return [
        event
        for aggregate in aggregates
        for event in (
            *map(order_event, aggregate.events),
            *(_alert(aggregate, alert) for alert in aggregate.alerts),
        )
    ]


def _alert(aggregate: OrderAggregate, alert: Alert) -> OutboxEvent:
    return alerting.event(alert, source=SOURCE, at=aggregate.now, traceparent=aggregate.traceparent)
