"""Certificates that end are looked at in time."""

from datetime import datetime, timedelta
from typing import Final

from merchant_admin.domain.expiring import CertificateQuery, EndingCertificate, Holder, Place
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.flows.deps import Deps
from merchant_admin.store import expiring

AHEAD: Final = timedelta(days=30)
FAR_AHEAD: Final = timedelta(days=36_500)
SOON: Final = "soon"
ANY: Final = "any"
OVER: Final = "over"


async def read_page(
    deps: Deps, asked: ListQuery, *, after: Place | None, limit: int
) -> list[EndingCertificate]:
    """The next to end, and those that have ended, first. `ending`: `SOON` (within `AHEAD`, which it
    is where none is given), `ANY`, or `OVER`."""
    async with deps.db.connection() as tx:
        query = _query(asked, deps.clock())
        return await expiring.list_page(tx, query, after=after, limit=limit)


async def count(deps: Deps, asked: ListQuery, at_most: int, _: float | None) -> int:
    """As `read_page`, no further than `at_most`."""
    async with deps.db.connection() as tx:
        return await expiring.count(tx, _query(asked, deps.clock()), at_most)


def _query(asked: ListQuery, now: datetime) -> CertificateQuery:
    filters = asked.filters
    ends_from, ends_before = filters.get("ends_from"), filters.get("ends_before")
    ahead = {ANY: FAR_AHEAD, OVER: timedelta(0)}.get(filters.get("ending", SOON), AHEAD)
    before = now + ahead
    if ends_before:
        before = min(before, datetime.fromisoformat(ends_before))
    return CertificateQuery(
        asked.scope,
        before=before,
        ends_from=datetime.fromisoformat(ends_from) if ends_from else None,
        merchant_id=filters.get("merchant_id"),
        text=filters.get("text"),
        holder=Holder(filters["holder"]) if "holder" in filters else None,
    )
