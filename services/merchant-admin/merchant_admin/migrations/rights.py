"""What the service may do in a database that another role owns and migrates.

It reads and writes rows, but for the audit, to which it only adds (`verify_audit` tells whether
anybody else did more).
"""

import asyncio
from typing import Final

import asyncpg

RIGHTS: Final = """
grant usage on schema public to {role};
grant select, insert, update, delete on all tables in schema public to {role};
grant usage, select on all sequences in schema public to {role};
revoke update, delete, truncate on audit, event_log from {role};
grant delete on event_log to {role};
revoke insert, update, delete, truncate on audit_head, alembic_version from {role};
"""


def grant(database_url: str, role: str) -> None:
    """Give the role what it needs and take the rest; may be done again at any time. Blocking."""
    asyncio.run(_grant(database_url, role))


async def _grant(database_url: str, role: str) -> None:
    connection = await asyncpg.connect(
        database_url, server_settings={"application_name": "migrations", "lock_timeout": "5s"}
    )
    try:
        quoted = await connection.fetchval("select quote_ident($1)", role)
        await connection.execute(RIGHTS.format(role=quoted))
    finally:
        await connection.close()
