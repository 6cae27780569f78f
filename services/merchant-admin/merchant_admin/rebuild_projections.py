"""`python -m merchant_admin.rebuild_projections`: make the read model anew from trade-core's log.

Run beside the service, as the role that owns the database. People search as before meanwhile; at
the end writers wait as long as copying how callbacks fared takes, and nobody else.
"""

import asyncio
import sys
from typing import Final

import asyncpg

from chassis.database import Database
from chassis.problems import Problem
from foundation.service_client import Service
from merchant_admin.flows.rebuilding import Rebuilt, rebuild
from merchant_admin.settings import RebuildSettings

NAME: Final = "rebuild-projections"
STATEMENT_LIMIT_S: Final = 1800.0
"""What is older than the log is copied by one statement."""


async def run(config: RebuildSettings) -> Rebuilt:
    db = await Database.connect(
        config.database_url.get_secret_value(),
        application_name=NAME,
        min_size=1,
        statement_timeout_s=STATEMENT_LIMIT_S,
    )
    try:
        async with Service(config.trade_core_url, config.trade_core_token) as trade_core:
            return await rebuild(db, trade_core)
    finally:
        await db.close()


def main() -> int:
    try:
        rebuilt = asyncio.run(run(RebuildSettings()))
    except Problem as problem:
        sys.stderr.write(f"stopped, nothing is changed, and may be repeated: {problem.detail}\n")
        return 1
    except asyncpg.InsufficientPrivilegeError as error:
        sys.stderr.write(
            f"nothing is changed: this wants the role that owns the tables ({error})\n"
        )
        return 1
    kept = f"what is older than {rebuilt.since:%Y-%m-%d %H:%M} UTC" if rebuilt.since else "all else"
    sys.stdout.write(f"{rebuilt.events:,} events are projected anew; {kept} was kept\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
