"""Certificates that end are looked at in time."""

from datetime import timedelta
from typing import Final

from merchant_admin.domain.expiring import EndingCertificate, Place
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.store import expiring

AHEAD: Final = timedelta(days=30)
FAR_AHEAD: Final = timedelta(days=36_500)


async def read_page(
    deps: Deps, scope: Scope, *, is_all: bool, after: Place | None, limit: int
) -> list[EndingCertificate]:
    """Those that end within `AHEAD`, or all; the next to end, and those that have ended, first."""
    before = deps.clock() + (FAR_AHEAD if is_all else AHEAD)
    async with deps.db.connection() as tx:
        return await expiring.list_page(tx, scope, before=before, after=after, limit=limit)
