"""What the lists are filtered by: in the address, filled into the form, and as chips to remove."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from fastapi import Request

from foundation.money_text import BEIJING
from merchant_admin.api.console.forms import typed
from merchant_admin.api.console.shown import minor_units
from merchant_admin.api.paging import position_after
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Search, SplitSearch
from merchant_admin.flows import apps, channels, merchants
from merchant_admin.flows.deps import Deps

PAGE: Final = 50
KNOWN_MERCHANTS: Final = 100
"""Offered by name; the ids of others are typed."""

CURRENCY: Final = "CNY"
FINEST: Final = "KWD"
"""A currency with three decimals."""
CHANNEL: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
ALL: Final = "all"
"""Of a field that filters though nothing is asked: that it does not."""


class FieldKind(StrEnum):
    """HIDDEN: only in the address of a link, and a chip."""

    TEXT = "text"
    CHOICE = "choice"
    CHANNEL = "channel"
    DAY = "day"
    AMOUNT = "amount"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Field:
    """A filter of a list, by its `name` in the address. `label`: its text; `words`: how the texts
    of its values begin; `unless_asked`: what holds where the address does not say."""

    name: str
    kind: FieldKind = FieldKind.TEXT
    label: str = ""
    choices: tuple[str, ...] = ()
    words: str = ""
    unless_asked: str = ""

    def is_meant(self, value: str) -> bool:
        match self.kind:
            case FieldKind.CHOICE:
                return value in self.choices
            case FieldKind.CHANNEL:
                return is_channel(value)
            case FieldKind.DAY:
                return day_of(value) is not None
            case FieldKind.AMOUNT:
                return _amount(value) is not None
            case FieldKind.TEXT | FieldKind.HIDDEN:
                return True


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody asked a list for. What cannot be understood does not filter, and is no chip:
    the form then comes back without it."""

    fields: tuple[Field, ...]
    asked: dict[str, str]

    @classmethod
    def of(cls, request: Request, fields: tuple[Field, ...]) -> "Filters":
        given = {it: typed(request.query_params.get(it.name, "")) for it in fields}
        asked = {it.name: value for it, value in given.items() if value and it.is_meant(value)}
        return cls(fields, asked)

    def get(self, name: str) -> str:
        return self.asked.get(name, "")

    @property
    def chips(self) -> list[tuple[Field, str]]:
        return [(it, self.asked[it.name]) for it in self.fields if it.name in self.asked]

    def values(self, period: tuple[str, str] | None) -> dict[str, Any]:
        """By name, as a list besides money takes them. `period`: what the moments are called at
        which the days begin and end; None where the list takes the days themselves."""
        held = {it.name: self.get(it.name) or it.unless_asked for it in self.fields}
        values = {name: value for name, value in held.items() if value and value != ALL}
        if period is not None:
            ends = (morning_of(values.pop("from", ""), 0), morning_of(values.pop("to", ""), 1))
            values |= {name: end.isoformat() for name, end in zip(period, ends, strict=True) if end}
        return values

    def search(self, scope: Scope, after: str | None) -> Search:
        """With one more than the page holds. Raises InvalidRequest for a cursor of another list."""
        return Search(
            scope,
            number=self.asked.get("number"),
            state=self.asked.get("state"),
            merchant_id=self.asked.get("merchant_id"),
            app_id=self.asked.get("app_id"),
            channel=self.asked.get("channel"),
            method=self.asked.get("method"),
            created_from=morning_of(self.asked.get("from"), 0),
            created_before=morning_of(self.asked.get("to"), 1),
            amount_from=_amount(self.asked.get("min")),
            amount_to=_amount(self.asked.get("max")),
            after=position_after(after or None),
            limit=PAGE + 1,
        )

    def split_search(self, scope: Scope, after: str | None) -> SplitSearch:
        """As `search`, of splits."""
        search = self.search(scope, after)
        return SplitSearch(
            scope,
            number=search.number,
            merchant_id=search.merchant_id,
            app_id=search.app_id,
            channel=search.channel,
            method=search.method,
            state=search.state,
            amount_from=search.amount_from,
            amount_to=search.amount_to,
            created_from=search.created_from,
            created_before=search.created_before,
            after=search.after,
            limit=search.limit,
        )


class AnyPage(Protocol):
    """A page of a list, ours or another service's."""

    @property
    def items(self) -> Sequence[Any]: ...

    @property
    def next_cursor(self) -> str | None: ...


async def list_context(
    request: Request,
    deps: Deps,
    scope: Scope,
    filters: Filters,
    page: AnyPage,
    merchant_ids: Iterable[str] = (),
    *,
    app_ids: Iterable[str] = (),
    is_read: bool = True,
) -> dict[str, Any]:
    """What `list_parts.html` shows of every list. `merchant_ids`, `app_ids`: whose names it needs.
    `is_read`: whether whoever keeps the list has answered; an empty page says nothing if not."""
    named = set(merchant_ids)
    if scope.has(filters.get("merchant_id")):
        named.add(filters.get("merchant_id"))
    named_apps = {*app_ids, filters.get("app_id")} - {""}
    is_whole = page.next_cursor is None and not request.query_params.get("after")
    return {
        "page": page,
        "filters": filters,
        "names": {
            **await merchants.read_names(deps, named),
            **(await apps.read_names(deps, scope, named_apps) if named_apps else {}),
        },
        "channels": channels.listed(deps, filters.get("channel")),
        "known_merchants": await merchants.read_newest_names(deps, scope, KNOWN_MERCHANTS),
        "count": count_of(page.items, is_whole=is_whole) if is_read else "",
        "is_read": is_read,
    }


def is_channel(name: str) -> bool:
    """Whether it may be one: which there are, only the gateway knows, and there may have been more
    (of a filter that does not count an export would hold too much)."""
    return CHANNEL.fullmatch(name) is not None


def day_of(text: str) -> date | None:
    """None for what is no day, or of another age."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def morning_of(text: str | None, days_after: int) -> datetime | None:
    """When this Beijing day begins, or one that many days after it."""
    day = day_of(text) if text else None
    if day is None:
        return None
    return datetime.combine(day + timedelta(days_after), datetime.min.time(), BEIJING)


def _amount(text: str | None) -> int | None:
    """In thousandths: of what currency the rows are that it will be compared with, nobody knows."""
    return minor_units(text, FINEST) if text else None


def count_of(items: Sequence[Any], *, is_whole: bool) -> str:
    """How many there are: counted no further than the page."""
    return str(len(items)) if is_whole else f"≥ {len(items)}"
