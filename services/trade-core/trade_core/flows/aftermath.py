"""After the commit: what was decided is told to the log, and whoever carries it on is woken."""

from collections.abc import Iterable

import structlog

from contracts.events.orders import OrderEventRecord, OrderEventType
from trade_core.domain.dossier import Dossier
from trade_core.flows.deps import Deps

log = structlog.get_logger()

QUIET = frozenset(
    {
        OrderEventType.PAYMENT_CREATED,
        OrderEventType.PAYMENT_PENDING,
        OrderEventType.ORDER_PAID,
        OrderEventType.ORDER_CLOSED,
    }
)
"""Told by other lines: the gateway's, and those of the payments."""


def committed(deps: Deps, dossiers: Iterable[Dossier]) -> None:
    """Call it when the transaction is through; the same dossier may be given twice."""
    distinct = {dossier.order.order_id: dossier for dossier in dossiers}.values()
    deps.wake_relay()
    if any(dossier.is_urgent for dossier in distinct):
        deps.wake_due()
    for dossier in distinct:
        for event in dossier.events:
            if event.type not in QUIET:
                _note(event)
        for alert in dossier.alerts:
            log.warning("alert.raised", key=alert.key, detail=alert.detail, facts=alert.facts)


def _note(event: OrderEventRecord) -> None:
    about = event.data.refund or event.data.split or event.data.payment
    if about is not None:
        log.info(
            event.type,
            merchant_order_no=about.merchant_order_no,
            payment_no=about.payment_no,
            channel_trade_no=about.channel_trade_no,
            subject=event.subject,
            amount=about.amount,
        )
