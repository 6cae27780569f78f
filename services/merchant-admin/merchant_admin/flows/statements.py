"""What moved of a merchant's money in a Beijing day or month, as trade-core's ledger has it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from contracts.internal import Movement, PeriodStatement
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.domain.statement_lines import Row, StatementLine
from merchant_admin.flows import merchants
from merchant_admin.flows.deps import Deps
from merchant_admin.store import apps as store


@dataclass(frozen=True, slots=True)
class Sums:
    """In minor units: `opening + captured - refunded - split - fees = closing`."""

    opening: int
    captured: int = 0
    refunded: int = 0
    split: int = 0
    fees: int = 0

    @property
    def closing(self) -> int:
        return self.opening + self.captured - self.refunded - self.split - self.fees

    def after(self, movements: Iterable[Movement]) -> "Sums":
        moved = list(movements)
        return replace(
            self,
            captured=self.captured + sum(it.captured for it in moved),
            refunded=self.refunded + sum(it.refunded for it in moved),
            split=self.split + sum(it.split for it in moved),
            fees=self.fees + sum(it.fees for it in moved),
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """`apps`: by id, all that ever moved money of the merchant or may now. `days`: on which any was
    moved. `names`: of the apps; one that serves merchants outside the reader's scope has none."""

    merchant_id: str
    first: date
    last: date
    currency: str
    currencies: Sequence[str]
    is_final: bool
    total: Sums
    apps: dict[str, Sums]
    days: dict[date, Sums]
    names: dict[str, str]


async def read(
    deps: Deps,
    scope: Scope,
    merchant_id: str,
    first: date,
    last: date,
    *,
    currency: str,
    app_id: str | None = None,
) -> Statement:
    """`app_id`: of that app alone. Raises NoSuch and what `Service.get` raises."""
    await merchants.read(deps, merchant_id, scope)
    statement = await deps.trade_core.get(
        PeriodStatement,
        "/internal/period-statements",
        {
            "merchant_id": merchant_id,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "currency": currency,
        },
    )
    async with deps.db.connection() as tx:
        serving = await store.list_ids_of(tx, merchant_id, EVERYTHING)
        apps = _apps(statement, serving, app_id)
        names = await store.list_names(tx, list(apps), scope)
    return Statement(
        merchant_id=merchant_id,
        first=first,
        last=last,
        currency=currency,
        currencies=statement.currencies,
        is_final=statement.is_final,
        total=_added(apps.values()),
        apps=apps,
        days=_days(statement, apps),
        names=names,
    )


def lines(statement: Statement) -> list[StatementLine]:
    """As the page has them: the apps, their total where there are several, and the days of a period
    that has several."""
    found = [_line(statement, Row.APP, sums, app_id=app) for app, sums in statement.apps.items()]
    if len(statement.apps) > 1:
        found.append(_line(statement, Row.TOTAL, statement.total))
    if statement.first != statement.last:
        found += [_line(statement, Row.DAY, sums, day=day) for day, sums in statement.days.items()]
    return found


def _line(
    statement: Statement,
    row: Row,
    sums: Sums,
    *,
    app_id: str | None = None,
    day: date | None = None,
) -> StatementLine:
    return StatementLine(
        row=row,
        merchant_id=statement.merchant_id,
        first=day or statement.first,
        last=day or statement.last,
        app_id=app_id,
        app=statement.names.get(app_id) if app_id else None,
        currency=statement.currency,
        opening=sums.opening,
        captured=sums.captured,
        refunded=sums.refunded,
        split=sums.split,
        fees=sums.fees,
        closing=sums.closing,
    )


def _apps(
    statement: PeriodStatement, serving: Sequence[str], app_id: str | None
) -> dict[str, Sums]:
    opened = dict.fromkeys(serving, 0) | {it.app_id: it.amount for it in statement.openings}
    wanted = sorted(opened) if app_id is None else [app_id]
    return {
        app: Sums(opened.get(app, 0)).after(it for it in statement.movements if it.app_id == app)
        for app in wanted
    }


def _days(statement: PeriodStatement, apps: dict[str, Sums]) -> dict[date, Sums]:
    balance = sum(sums.opening for sums in apps.values())
    moved: dict[date, list[Movement]] = {}
    for movement in statement.movements:
        if movement.app_id in apps:
            moved.setdefault(movement.day, []).append(movement)
    days = {}
    for day, movements in sorted(moved.items()):
        days[day] = Sums(balance).after(movements)
        balance = days[day].closing
    return days


def _added(them: Iterable[Sums]) -> Sums:
    of_apps = list(them)
    return Sums(
        opening=sum(it.opening for it in of_apps),
        captured=sum(it.captured for it in of_apps),
        refunded=sum(it.refunded for it in of_apps),
        split=sum(it.split for it in of_apps),
        fees=sum(it.fees for it in of_apps),
    )
