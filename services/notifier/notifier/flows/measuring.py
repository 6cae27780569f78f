"""What can only be read from the database, for `/metrics`."""

from notifier import metrics
from notifier.flows.deps import Deps
from notifier.store import gauges


async def measure(deps: Deps) -> None:
    """Set the gauges; one cheap statement."""
    async with deps.db.connection() as tx:
        figures = await gauges.read(tx)
    metrics.DUE_OLDEST_S.set(figures.due_oldest_s)
    metrics.ENDPOINTS_OPEN.set(figures.endpoints_open)
    metrics.ENDPOINTS_SUSPENDED.set(figures.endpoints_suspended)
    metrics.WAITING.set(figures.waiting)
    metrics.EXHAUSTED.set(figures.exhausted)
