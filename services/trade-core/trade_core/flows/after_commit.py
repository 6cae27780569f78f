"""After the commit: what was decided is told to the log, and whoever carries it on is woken."""

from collections.abc import Iterable

import structlog
from prometheus_client import Counter
from structlog.typing import FilteringBoundLogger

from chassis.metrics import remembered
from contracts.events.orders import OrderEventType
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.event import Event
from trade_core.flows.deps import Deps

log = structlog.get_logger()

EVENTS = Counter(
    "paymesh_order_events",
    "What became of payments, refunds and splits: the events apps hear of",
    ["type", "channel", "method"],
)
_events_of = remembered(EVENTS)

QUIET = frozenset(
    {
        OrderEventType.PAYMENT_CREATED,
        OrderEventType.PAYMENT_PENDING,
        OrderEventType.ORDER_PAID,
        OrderEventType.ORDER_CLOSED,
    }
)
"""Told by other lines: the gateway's, and those of the payments."""


def committed(deps: Deps, aggregates: Iterable[OrderAggregate]) -> None:
    """Call it when the transaction is through; the same aggregate may be given twice."""
    distinct = {aggregate.order.order_id: aggregate for aggregate in aggregates}.values()
    deps.wake_relay()
    deps.order_wake_ups.wake(aggregate.order.order_id for aggregate in distinct)
    if any(aggregate.is_urgent for aggregate in distinct):
        deps.wake_due()
    story = log.bind()  # once for all, not at each line
    for aggregate in distinct:
        for event in aggregate.events:
            if event.payment is not None:
                _events_of(event.type, event.payment.channel, event.payment.method).inc()
            if event.type not in QUIET:
                _note(story, event)
        for alert in aggregate.alerts:
            story.warning("alert.raised", key=alert.key, detail=alert.detail, facts=alert.facts)


def _note(story: FilteringBoundLogger, event: Event) -> None:
    if event.about is not None and event.payment is not None:
        story.info(
            event.type,
            merchant_order_no=event.order.merchant_order_no,
            payment_no=event.payment.payment_no,
            channel_trade_no=event.payment.channel_trade_no,
            subject=event.subject,
            amount=event.about.amount,
        )
