"""Lanes that are held, and the change of configuration that frees them."""

from collections.abc import Collection

from chassis.database import Tx


async def lift_holds(tx: Tx, app_ids: Collection[str]) -> int:
    """Look at the held lanes of these apps now; answers how many there were.

    A lane with an open breaker keeps its cap of one: what comes is a single probe.
    """
    lane_ids = [row["lane_id"] for row in await tx.fetch(_LOCK_HELD, list(app_ids))]
    if lane_ids:
        await tx.execute(_LIFT, lane_ids)
    return len(lane_ids)


_LOCK_HELD = """
select lane_id from lane
where app_id = any($1) and held_until > now()
order by app_id, origin
for no key update
"""

_LIFT = """
update lane set held_until = null, fresh_at = now(), retry_at = now() where lane_id = any($1)
"""
