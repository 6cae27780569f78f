"""`python -m trade_core.republish --since-hours N`: tell the events of the last N hours again.

For a broker that lost its records. Events keep their ids, so whoever has them already ignores
them. The running service publishes them.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta

from chassis import outbox
from chassis.database import Database
from trade_core.settings import database_url


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m trade_core.republish")
    parser.add_argument("--since-hours", type=float, required=True)
    hours: float = parser.parse_args().since_hours
    count = asyncio.run(_republish(timedelta(hours=hours)))
    sys.stdout.write(f"{count} events will be published again\n")


async def _republish(age: timedelta) -> int:
    db = await Database.connect(database_url(), application_name="trade-core-republish", min_size=1)
    try:
        return await outbox.republish(db, datetime.now(UTC) - age)
    finally:
        await db.close()


if __name__ == "__main__":
    main()
