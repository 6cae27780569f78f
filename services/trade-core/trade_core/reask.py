"""`python -m trade_core.reask --since 2026-11-29T08:00:00+08:00`: ask the channels again, now.

For a database that was restored to an earlier moment: what is open and was opened since then is
asked about at once, and as often as in the beginning; refunds and splits are sent again under their
numbers. The running service does it.
"""

import argparse
import asyncio
import sys
from datetime import datetime
from typing import Final

from chassis.database import Database
from trade_core.flows.reask import reask
from trade_core.settings import database_url

NAME: Final = "trade-core-reask"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m trade_core.reask")
    parser.add_argument("--since", type=moment, required=True, help="RFC 3339, with its zone")
    count = asyncio.run(_reask(parser.parse_args().since))
    sys.stdout.write(f"{count} payments, refunds and splits will be asked about again\n")


def moment(text: str) -> datetime:
    """Raises argparse's error for what is no moment, or has no zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if parsed.tzinfo is None:
        raise argparse.ArgumentTypeError("a moment needs its zone: Z or +08:00")
    return parsed


async def _reask(since: datetime) -> int:
    db = await Database.connect(database_url(), application_name=NAME, min_size=1)
    try:
        return await reask(db, since)
    finally:
        await db.close()


if __name__ == "__main__":
    main()
