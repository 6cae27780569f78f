"""What was opened since a moment is asked about again, as after a restore of the database."""

from datetime import datetime

from chassis.database import Database
from trade_core.store import due


async def reask(db: Database, since: datetime) -> int:
    """How many there are; what the service is just attending to stays as it sets it."""
    async with db.transaction() as tx:
        return await due.begin_again_since(tx, since)
