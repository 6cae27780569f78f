"""Whether the audit is as it was written."""

from chassis.database import Database
from merchant_admin.store.audit_chain import AuditCheck, check_chain


async def verify(db: Database) -> AuditCheck:
    """Read all of it as it is at one moment, however long that takes."""
    async with db.transaction() as tx:
        await tx.execute("set transaction isolation level repeatable read, read only")
        return await check_chain(tx)
