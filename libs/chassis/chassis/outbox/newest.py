"""Where the newest events of a tenant begin, for whoever does not read from the beginning."""

from chassis.database import Database


async def place_before(db: Database, tenant: str, count: int) -> int:
    """The position after which `list_since` begins with the last `count` events that can be seen;
    0 where there are no more than these."""
    async with db.connection() as connection:
        place: int | None = await connection.fetchval(_PLACE, tenant, count)
    return place or 0


_PLACE = """
select id from event_log where tenant = $1 order by id desc offset $2 limit 1
"""
