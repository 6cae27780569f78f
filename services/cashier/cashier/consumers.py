"""News of orders, read by every replica from now on: the pages that watch them show it at once."""

from cashier.flows.hub import Hub
from chassis.consumer import Record


def tell(hub: Hub, record: Record) -> None:
    """For `Broadcast`."""
    hub.tell(record.value)
