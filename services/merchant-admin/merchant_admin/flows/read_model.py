"""The read model: what the other services' events say, kept for people to search."""

from collections.abc import Sequence

from chassis.consumer import DeadRecord
from chassis.database import Tx
from contracts.events.alerts import Alert, Severity
from contracts.events.configuration import SOURCE
from contracts.events.deliveries import DeliveryEvent
from contracts.events.envelope import CloudEvent
from contracts.events.orders import OrderEvent
from foundation import dead_letters
from merchant_admin.domain.projection import project
from merchant_admin.flows.deps import Deps
from merchant_admin.store import history, splits, views

Event = CloudEvent[OrderEvent] | CloudEvent[DeliveryEvent]


async def apply(deps: Deps, events: Sequence[Event]) -> None:
    """Bring in a batch, in one transaction. Again, late or out of order: nothing changes."""
    async with deps.db.transaction() as tx:
        await put(tx, events)


async def put(tx: Tx, events: Sequence[Event]) -> None:
    """What they say, into the tables that the transaction sees."""
    batch = project(events)
    await views.put_orders(tx, batch.orders)
    await views.put_payments(tx, batch.payments)
    await views.put_refunds(tx, batch.refunds)
    await splits.put_splits(tx, batch.splits)
    await views.put_deliveries(tx, batch.deliveries)
    await history.put(tx, batch.history)


async def keep_dead_letters(deps: Deps, records: Sequence[DeadRecord]) -> None:
    """Keep what cannot be read or applied, with its bytes, and tell people."""
    async with deps.db.transaction() as tx:
        raised = map(dead_lettered, records)
        await dead_letters.keep(tx, records, raised, source=SOURCE, at=deps.clock())
    deps.wake()


def dead_lettered(dead: DeadRecord) -> Alert:
    """What people search lacks an event; it is kept in `dead_event`."""
    return Alert(
        key=f"read_model.parked:{dead.record.topic}",
        severity=Severity.WARNING,
        title="The search of merchant-admin could not use a record",
        detail=dead.error,
        facts={"topic": dead.record.topic, "record": dead.record.key},
    )
