"""The read model: what the other services' events say, kept for people to search."""

from collections.abc import Sequence

from contracts.events.deliveries import DeliveryEvent
from contracts.events.envelope import CloudEvent
from contracts.events.orders import OrderEvent
from merchant_admin.domain.projection import project
from merchant_admin.flows.deps import Deps
from merchant_admin.store import splits, views

Event = CloudEvent[OrderEvent] | CloudEvent[DeliveryEvent]


async def apply(deps: Deps, events: Sequence[Event]) -> None:
    """Bring in a batch, in one transaction. Again, late or out of order: nothing changes."""
    batch = project(events)
    async with deps.db.transaction() as tx:
        await views.put_orders(tx, batch.orders)
        await views.put_payments(tx, batch.payments)
        await views.put_refunds(tx, batch.refunds)
        await splits.put_splits(tx, batch.splits)
        await views.put_deliveries(tx, batch.deliveries)
