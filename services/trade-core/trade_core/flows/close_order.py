"""An app closes its order (关单): at once here, and as soon as may be at the channels."""

from chassis import logs
from trade_core.domain import closing
from trade_core.domain.errors import OrderNotFound
from trade_core.domain.order import OrderKey
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.flows.waiting import until_closed
from trade_core.store import aggregates, saving


async def close_order(deps: Deps, key: OrderKey) -> None:
    """Close what is unpaid; returns when it is closed at the channels too, or after two seconds.

    Raises OrderNotFound, OrderPaid.
    """
    order_id = await _close(deps, key)
    await until_closed(deps, order_id)


@retry_on_conflict
async def _close(deps: Deps, key: OrderKey) -> str:
    async with deps.db.transaction() as tx:
        aggregate = await aggregates.find_by_key(tx, key)
        if aggregate is None:
            raise OrderNotFound(key.merchant_order_no)
        aggregate.traceparent = logs.traceparent.get() or None
        closing.close_order(aggregate)
        await saving.save(tx, [aggregate])
    committed(deps, [aggregate])
    return aggregate.order.order_id
