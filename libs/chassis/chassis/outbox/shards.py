"""Which replica publishes which shards: each has one owner, and every replica its fair share."""

from math import ceil

from prometheus_client import Gauge

from chassis.database import Connection
from chassis.outbox.log import SHARDS

OWNED = Gauge("paymesh_outbox_owned_shards", "Shards this replica publishes")

LOCK_CLASS = 0x0B0C  # First half of the advisory locks; the second is the shard,
PRESENCE = SHARDS  # or this one, which all replicas hold together.


class Shards:
    """The shards that the session of one connection owns, by advisory locks: they end with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.owned: list[int] = []

    @property
    def has_all(self) -> bool:
        return len(self.owned) == SHARDS

    async def begin(self) -> None:
        """Be counted from now on."""
        await self._connection.execute(_BE_PRESENT, LOCK_CLASS, PRESENCE)

    async def settle(self) -> None:
        """Give back what exceeds the fair share, or take what nobody owns (any more) up to it.

        Call it while nothing is under way: whoever takes a shard goes on in its order.
        """
        present = await self._connection.fetchval(_PRESENT, LOCK_CLASS, PRESENCE)
        fair = ceil(SHARDS / present)
        if surplus := self.owned[fair:]:
            await self._connection.execute(_GIVE_BACK, surplus, LOCK_CLASS)
            self.owned = self.owned[:fair]
        elif wanted := fair - len(self.owned):
            others = sorted(set(range(SHARDS)) - set(self.owned))
            taken = await self._connection.fetch(_TAKE, others, LOCK_CLASS, wanted)
            self.owned += [row["shard"] for row in taken]
        OWNED.set(len(self.owned))


_BE_PRESENT = "select pg_advisory_lock_shared($1::int, $2::int)"

_PRESENT = """
select count(*)
from pg_locks
where locktype = 'advisory' and objsubid = 2 and classid = $1::int::oid and objid = $2::int::oid
  and database = (select oid from pg_database where datname = current_database())
"""

# Read row by row until there are enough: whatever is locked is answered.
_TAKE = """
select shard from unnest($1::int[]) as s (shard) where pg_try_advisory_lock($2::int, shard)
limit $3
"""

_GIVE_BACK = "select pg_advisory_unlock($2::int, shard) from unnest($1::int[]) as s (shard)"
