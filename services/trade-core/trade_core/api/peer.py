"""What the gateway compares with itself before it works with us."""

from fastapi import APIRouter

from contracts.internal import Peer
from trade_core.api.dependencies import BY_GATEWAY, DepsOf
from trade_core.store import clock


def add_routes(routes: APIRouter) -> None:
    routes.get("/peer", dependencies=BY_GATEWAY)(get_peer)


async def get_peer(deps: DepsOf) -> Peer:
    """The database's time, and by which keys we believe results."""
    async with deps.db.connection() as tx:
        return Peer(now=await clock.now(tx), record_key_ids=deps.record_key_ids)
