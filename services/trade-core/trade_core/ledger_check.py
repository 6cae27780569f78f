"""`python -m trade_core.ledger_check`: compare ledger, payments, refunds, splits and orders now.

Prints what disagrees, and ends with 1 then, with 2 where the service is just checking itself.
People hear of it as of the nightly check: the running service carries the alert to them.
"""

import asyncio
import sys
from datetime import UTC, datetime

from chassis import logs
from chassis.database import Database
from trade_core.domain.checking import Findings
from trade_core.flows.check_ledger import check
from trade_core.settings import database_url


def main() -> None:
    logs.configure("trade-core-ledger-check", "WARNING")
    findings = asyncio.run(findings_of(database_url()))
    if findings is None:
        sys.exit(2)
    sys.stdout.write(
        f"{findings.payments} payments, {findings.transactions} ledger transactions, "
        f"{len(findings.differences)} differences\n"
    )
    for difference in findings.differences:
        sys.stdout.write(f"{difference.part} {difference.subject}: {difference.detail}\n")
    sys.exit(1 if findings.differences else 0)


async def findings_of(url: str) -> Findings | None:
    """None where the service is just checking itself."""
    db = await Database.connect(url, application_name="trade-core-ledger-check", min_size=1)
    try:
        return await check(db, datetime.now(UTC), lambda: None)
    finally:
        await db.close()


if __name__ == "__main__":
    main()
