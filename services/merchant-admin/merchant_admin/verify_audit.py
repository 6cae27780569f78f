"""`python -m merchant_admin.verify_audit`: whether the audit is as it was written.

Prints each day with its rows and its last hash; ends with 1 and the first broken place where a row
was changed, removed or slipped in.
"""

import asyncio
import sys

from chassis.database import Database
from merchant_admin.flows.verifying import verify
from merchant_admin.settings import MigrationSettings
from merchant_admin.store.audit_chain import AuditCheck

HOURS_S = 4 * 3600.0
"""A statement reads a batch; an old audit has many."""


async def check(database_url: str) -> AuditCheck:
    db = await Database.connect(
        database_url, application_name="verify-audit", min_size=1, statement_timeout_s=HOURS_S
    )
    try:
        return await verify(db)
    finally:
        await db.close()


def report(found: AuditCheck) -> list[str]:
    lines = [f"{day.day}  {day.rows:>8} rows  {day.last_hash.hex()}" for day in found.days]
    if found.broken_at is None:
        return [*lines, "the audit is as it was written"]
    return [*lines, f"BROKEN at position {found.broken_at}: changed, removed or slipped in"]


def main() -> int:
    found = asyncio.run(check(MigrationSettings().database_url.get_secret_value()))
    sys.stdout.writelines(f"{line}\n" for line in report(found))
    return 0 if found.broken_at is None else 1


if __name__ == "__main__":
    sys.exit(main())
