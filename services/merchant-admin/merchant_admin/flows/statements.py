"""What moved of a merchant's money in a Beijing day, app by app, as trade-core's ledger has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.api import DayStatement
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.store import apps as store

MAX_APPS: Final = 20
"""Each is asked about; a merchant has a few."""


@dataclass(frozen=True, slots=True)
class AppDay:
    """`name` is empty for an app that serves merchants outside the reader's scope too."""

    app_id: str
    name: str
    statement: DayStatement


@dataclass(frozen=True, slots=True)
class Sums:
    """Of several apps' days, in minor units: `opening + captured - refunded - split - fees =
    closing`."""

    opening: int
    captured: int
    refunded: int
    split: int
    fees: int
    closing: int

    @classmethod
    def of(cls, days: Sequence[AppDay]) -> "Sums":
        them = [day.statement for day in days]
        return cls(
            opening=sum(it.opening for it in them),
            captured=sum(it.captured for it in them),
            refunded=sum(it.refunded for it in them),
            split=sum(it.split for it in them),
            fees=sum(it.fees for it in them),
            closing=sum(it.closing for it in them),
        )


async def read_day(
    deps: Deps, scope: Scope, merchant_id: str, day: date, currency: str
) -> list[AppDay]:
    """Of each app that may use the merchant. Raises NoSuch and what `Service.get` raises."""
    scope.require(merchant_id, "merchant")
    async with deps.db.connection() as tx:
        apps = await store.list_apps_of(tx, merchant_id, EVERYTHING, limit=MAX_APPS)
    found = []
    for app in apps:
        statement = await deps.trade_core.get(
            DayStatement,
            f"/internal/day-statements/{day.isoformat()}",
            {
                "app_id": app.app_id,
                "merchant_id": merchant_id,
                "currency": currency,
                "limit": 1,
            },
        )
        is_seen = all(scope.has(served) for served in app.terms.merchant_ids)
        found.append(AppDay(app.app_id, app.terms.name if is_seen else "", statement))
    return found
