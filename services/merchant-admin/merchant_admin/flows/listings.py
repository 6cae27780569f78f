"""Lists besides money as files: read as their pages read them, page after page, scope and all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from contracts.internal import AlertOnFile, EndpointView, FindAlerts, FoundDelivery
from merchant_admin.domain import listings as columns
from merchant_admin.domain.approvals import Approval, ApprovalState
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.entities import App, ChannelAccount, CounterCode, Merchant
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.listings import Asked, Columns
from merchant_admin.domain.users import User
from merchant_admin.flows import (
    alerts,
    approvals,
    apps,
    callbacks,
    channel_accounts,
    counter_codes,
    merchants,
    searching,
    users,
)
from merchant_admin.flows.deps import Deps

PAGE: Final = 1_000
ASKED_OF_OTHERS: Final = 100
"""What the notifier answers at once."""

ItemT = TypeVar("ItemT")
Place = str | int | None
"""Behind what a page begins; None: at the beginning, or that there is no more."""

Read = Callable[[Deps, Asked, Place], Awaitable[tuple[Sequence[ItemT], Place]]]


@dataclass(frozen=True, slots=True)
class Listing(Generic[ItemT]):
    """`is_long`: it may have more rows than are made while somebody waits."""

    columns: Columns[ItemT]
    read: Read[ItemT]
    is_long: bool = False

    @property
    def name(self) -> str:
        return self.columns.name

    async def pages(
        self, deps: Deps, asked: Asked, kind: FileKind
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Rows for `export_files.content`. Raises Forwarded where another service has the list."""
        place: Place = None
        while True:
            found, place = await self.read(deps, asked, place)
            if found:
                yield [self.columns.cells(item, kind) for item in found]
            if place is None:
                return


async def _callbacks(
    deps: Deps, asked: Asked, after: Place
) -> tuple[Sequence[FoundDelivery], Place]:
    wanted = {**asked.filters, "after": after, "limit": ASKED_OF_OTHERS}
    page = await callbacks.find(deps, asked.scope, wanted)
    return page.items, page.next_cursor


async def _endpoints(
    deps: Deps, asked: Asked, after: Place
) -> tuple[Sequence[EndpointView], Place]:
    wanted = {**asked.filters, "after": after, "limit": ASKED_OF_OTHERS}
    page = await callbacks.find_endpoints(deps, asked.scope, wanted)
    return page.items, page.next_cursor


async def _alerts(deps: Deps, asked: Asked, after: Place) -> tuple[Sequence[AlertOnFile], Place]:
    wanted = {**asked.filters, "after": after, "limit": ASKED_OF_OTHERS}
    page = await alerts.find(deps, asked.scope, FindAlerts.model_validate(wanted))
    return page.items, page.next_cursor


async def _audit(deps: Deps, asked: Asked, after: Place) -> tuple[Sequence[AuditEntry], Place]:
    found = await searching.read_audit(
        deps,
        after=None if after is None else int(after),
        entity_id=asked.filters.get("entity_id"),
        actor=asked.filters.get("actor"),
        action=asked.filters.get("action"),
        limit=PAGE,
    )
    return [one.entry for one in found], _behind(found, lambda one: one.number)


async def _approvals(deps: Deps, asked: Asked, after: Place) -> tuple[Sequence[Approval], Place]:
    state = asked.filters.get("state")
    found = await approvals.read_page(
        deps,
        asked.scope,
        state=ApprovalState(state) if state else None,
        after=_id(after),
        limit=PAGE,
    )
    return found, _behind(found, lambda it: it.approval_id)


async def _users(deps: Deps, _: Asked, after: Place) -> tuple[Sequence[User], Place]:
    found = await users.read_page(deps, after=_id(after), limit=PAGE)
    return found, _behind(found, lambda it: it.username)


async def _codes(deps: Deps, asked: Asked, after: Place) -> tuple[Sequence[CounterCode], Place]:
    found = await counter_codes.read_page(deps, asked.scope, after=_id(after), limit=PAGE)
    codes = [shown.code for shown in found]
    return codes, _behind(codes, lambda it: it.code_id)


ByScope = Callable[..., Awaitable[list[ItemT]]]


def _scoped(read: ByScope[ItemT], number: Callable[[ItemT], str]) -> Read[ItemT]:
    """A list that is filtered by nothing but the scope."""

    async def read_from(deps: Deps, asked: Asked, after: Place) -> tuple[Sequence[ItemT], Place]:
        found = await read(deps, asked.scope, after=_id(after), limit=PAGE)
        return found, _behind(found, number)

    return read_from


def _id(after: Place) -> str | None:
    return None if after is None else str(after)


def _behind(found: Sequence[ItemT], place: Callable[[ItemT], Place]) -> Place:
    return place(found[-1]) if len(found) == PAGE else None


def _merchant_id(it: Merchant) -> str:
    return it.merchant_id


def _account_id(it: ChannelAccount) -> str:
    return it.account_id


def _app_id(it: App) -> str:
    return it.app_id


CALLBACKS: Final = Listing(columns.CALLBACKS, _callbacks, is_long=True)
ENDPOINTS: Final = Listing(columns.ENDPOINTS, _endpoints)
ALERTS: Final = Listing(columns.ALERTS, _alerts, is_long=True)
AUDIT: Final = Listing(columns.AUDIT, _audit, is_long=True)
APPROVALS: Final = Listing(columns.APPROVALS, _approvals)
MERCHANTS: Final = Listing(columns.MERCHANTS, _scoped(merchants.read_page, _merchant_id))
ACCOUNTS: Final = Listing(columns.ACCOUNTS, _scoped(channel_accounts.read_all, _account_id))
APPS: Final = Listing(columns.APPS, _scoped(apps.read_page, _app_id))
CODES: Final = Listing(columns.CODES, _codes)
USERS: Final = Listing(columns.USERS, _users)
"""The last is not of merchants: it takes the right to administer."""
