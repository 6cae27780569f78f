"""The time that counts."""

from datetime import datetime

from chassis.database import Tx


async def now(tx: Tx) -> datetime:
    """The database's clock, at this moment and not at the transaction's beginning."""
    moment: datetime = await tx.fetchval("select clock_timestamp()")
    return moment
