"""Lists besides money as files: read as their pages read them, page after page, scope and all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeVar

from contracts.internal import (
    AlertOnFile,
    DeadLetterView,
    DifferenceView,
    EndpointView,
    FindAlerts,
    FoundDelivery,
    LedgerBalance,
)
from merchant_admin.domain import listings as own
from merchant_admin.domain import listings_elsewhere as elsewhere
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.entities import ListedCode
from merchant_admin.domain.expiring import EndingCertificate
from merchant_admin.domain.export_tables import FileKind, Found, Table
from merchant_admin.domain.list_columns import Columns
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.statement_lines import STATEMENTS as STATEMENT_COLUMNS
from merchant_admin.domain.statement_lines import StatementLine
from merchant_admin.flows import (
    alerts,
    api_tokens,
    approvals,
    apps,
    books,
    callbacks,
    channel_accounts,
    counter_codes,
    expiring,
    merchants,
    reconciling,
    searching,
    statements,
    users,
)
from merchant_admin.flows.deps import Deps
from merchant_admin.store import api_tokens as token_store
from merchant_admin.store import approvals as approval_store
from merchant_admin.store import apps as app_store
from merchant_admin.store import audit as audit_store
from merchant_admin.store import channel_accounts as account_store
from merchant_admin.store import counter_codes as code_store
from merchant_admin.store import merchants as merchant_store
from merchant_admin.store import users as user_store
from merchant_admin.store.entity_lists import EntityList

PAGE: Final = 1_000
ASKED_OF_OTHERS: Final = 100
"""What another service answers at once."""

ItemT = TypeVar("ItemT")
Behind = Any
"""Where a page begins, as the list has it; None: at the beginning, or that there is no more."""

Read = Callable[[Deps, ListQuery, Behind], Awaitable[tuple[Sequence[ItemT], Behind]]]
Count = Callable[[Deps, ListQuery, int, float | None], Awaitable[int | None]]
"""No further than the number, in at most so many seconds."""


async def nobody_counts(_: Deps, __: ListQuery, ___: int, ____: float | None) -> None:
    """Another service has the list: how many there are is known when all are read."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[ItemT]):
    """`is_long`: it may have more rows than are made while somebody waits."""

    columns: Columns[ItemT]
    read: Read[ItemT]
    count: Count = nobody_counts
    is_long: bool = False

    @property
    def name(self) -> str:
        return self.columns.name

    @property
    def table(self) -> Table:
        return self.columns.table

    async def pages(self, deps: Deps, query: ListQuery, kind: FileKind) -> AsyncIterator[Found]:
        """Raises Forwarded where another service has the list."""
        behind: Behind = None
        while True:
            found, behind = await self.read(deps, query, behind)
            if found:
                yield Found([self.columns.cells(item, kind) for item in found], found)
            if behind is None:
                return


async def _callbacks(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[FoundDelivery], Behind]:
    page = await callbacks.find(deps, query.scope, _wanted(query, after))
    return page.items, page.next_cursor


async def _endpoints(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[EndpointView], Behind]:
    page = await callbacks.read_endpoints(deps, query.scope, _wanted(query, after))
    return page.items, page.next_cursor


async def _alerts(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[AlertOnFile], Behind]:
    wanted = FindAlerts.model_validate(_wanted(query, after))
    page = await alerts.find(deps, query.scope, wanted)
    return page.items, page.next_cursor


async def _reconciliations(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[elsewhere.ListedTotal], Behind]:
    page = await reconciling.find(deps, query.scope, _wanted(query, after))
    return elsewhere.by_currency(page.items), page.next_cursor


async def _differences(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[DifferenceView], Behind]:
    wanted = _wanted(query, after)
    statement_no = wanted.pop("statement_no")
    page = (await reconciling.read(deps, query.scope, statement_no, wanted)).differences
    return page.items, page.next_cursor


async def _dead_letters(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[DeadLetterView], Behind]:
    page = await books.read_dead_letters(deps, _wanted(query, after))
    return page.items, page.next_cursor


async def _balances(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[LedgerBalance], Behind]:
    page = await books.read_balances(deps, query.scope, _wanted(query, after))
    return page.items, page.next_cursor


async def _statement(
    deps: Deps, query: ListQuery, _: Behind
) -> tuple[Sequence[StatementLine], Behind]:
    """One page: as many rows as the merchant has apps, and the period days."""
    asked = query.filters
    statement = await statements.read(
        deps,
        query.scope,
        asked["merchant_id"],
        date.fromisoformat(asked["first"]),
        date.fromisoformat(asked["last"]),
        currency=asked["currency"],
        app_id=asked.get("app_id"),
    )
    return statements.lines(statement), None


def _wanted(query: ListQuery, after: Behind) -> dict[str, Any]:
    wanted = {**query.filters, "after": after, "limit": ASKED_OF_OTHERS}
    return {name: value for name, value in wanted.items() if value is not None}


async def _audit(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[AuditEntry], Behind]:
    found = await searching.read_audit(deps, query, after=after, limit=PAGE)
    return [one.entry for one in found], _behind(found, lambda one: one.number)


async def _codes(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[ListedCode], Behind]:
    found = await counter_codes.read_listed(deps, query, after=after, limit=PAGE)
    return found, _behind(found, lambda it: it.code.code_id)


async def _certificates(
    deps: Deps, query: ListQuery, after: Behind
) -> tuple[Sequence[EndingCertificate], Behind]:
    found = await expiring.read_page(deps, query, after=after, limit=PAGE)
    return found, _behind(found, lambda it: it.place)


def _by(read: Callable[..., Awaitable[list[ItemT]]], key: str) -> Read[ItemT]:
    """A list of ours whose pages begin behind the `key` of a thing."""

    async def read_from(
        deps: Deps, query: ListQuery, after: Behind
    ) -> tuple[Sequence[ItemT], Behind]:
        found = await read(deps, query, after=after, limit=PAGE)
        return found, _behind(found, lambda it: getattr(it, key))

    return read_from


def _behind(found: Sequence[ItemT], place: Callable[[ItemT], Behind]) -> Behind:
    return place(found[-1]) if len(found) == PAGE else None


def _counted(entities: EntityList) -> Count:
    async def count(deps: Deps, query: ListQuery, at_most: int, timeout_s: float | None) -> int:
        async with deps.db.transaction() as tx:
            return await entities.count(tx, query, at_most, timeout_s)

    return count


CALLBACKS: Final = Listing(elsewhere.CALLBACKS, _callbacks, is_long=True)
ENDPOINTS: Final = Listing(elsewhere.ENDPOINTS, _endpoints)
ALERTS: Final = Listing(elsewhere.ALERTS, _alerts, is_long=True)
RECONCILIATIONS: Final = Listing(elsewhere.RECONCILIATIONS, _reconciliations, is_long=True)
DIFFERENCES: Final = Listing(elsewhere.DIFFERENCES, _differences)
DEAD_LETTERS: Final = Listing(elsewhere.DEAD_LETTERS, _dead_letters, is_long=True)
BALANCES: Final = Listing(elsewhere.BALANCES, _balances)
STATEMENTS: Final = Listing(STATEMENT_COLUMNS, _statement)

AUDIT: Final = Listing(own.AUDIT, _audit, _counted(audit_store.LIST), is_long=True)
APPROVALS: Final = Listing(
    own.APPROVALS, _by(approvals.read_page, "approval_id"), _counted(approval_store.LIST)
)
MERCHANTS: Final = Listing(
    own.MERCHANTS, _by(merchants.read_page, "merchant_id"), _counted(merchant_store.LIST)
)
ACCOUNTS: Final = Listing(
    own.ACCOUNTS, _by(channel_accounts.read_all, "account_id"), _counted(account_store.LIST_ALL)
)
APPS: Final = Listing(own.APPS, _by(apps.read_page, "app_id"), _counted(app_store.LIST))
CODES: Final = Listing(own.CODES, _codes, _counted(code_store.LIST))
CERTIFICATES: Final = Listing(own.CERTIFICATES, _certificates, expiring.count)
USERS: Final = Listing(own.USERS, _by(users.read_page, "username"), _counted(user_store.LIST))
TOKENS: Final = Listing(
    own.TOKENS, _by(api_tokens.read_page, "token_id"), _counted(token_store.LIST)
)
"""The last two are not of merchants: they take the right to administer."""
