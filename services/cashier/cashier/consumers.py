"""News of orders, read by every replica from now on: they wake the pages that watch them."""

from cashier.flows.hub import Hub, OrderKey
from chassis.consumer import Record
from contracts.events.orders import OrderEventRecord


def tell(hub: Hub, record: Record) -> None:
    """For `Broadcast`. Nothing is read while nobody watches."""
    if hub.is_idle:
        return
    event = OrderEventRecord.model_validate_json(record.value).data
    hub.tell(OrderKey(event.merchant_id, event.order.merchant_order_no))
