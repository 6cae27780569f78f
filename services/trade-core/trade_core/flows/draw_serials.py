"""Serials for channels whose form of a number cannot hold ours; durable before they are used."""

from contracts.internal import FindSerials, SerialList
from trade_core.flows.deps import Deps
from trade_core.store import serials


async def draw(deps: Deps, request: FindSerials) -> SerialList:
    """Draw the one that is to be drawn, and tell those that are known."""
    async with deps.db.transaction() as tx:
        if request.draw is not None:
            await serials.draw(tx, request.draw)
        return SerialList(items=await serials.list_of(tx, request.numbers))
