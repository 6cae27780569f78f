"""What the lists are filtered by: in the address, filled into the form, and as chips to remove.

What cannot be understood is told beside its field, and no list is shown for it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from fastapi import Request

from contracts.words import Words
from foundation.money_text import BEIJING
from merchant_admin.api.console.forms import MAX_TYPED_CHARS, typed
from merchant_admin.api.console.shown import minor_units, without_yuan
from merchant_admin.api.paging import position_after
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Refunded, Search, SplitSearch
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


NO_CHOICE: Final = Words("没有这个选项", "is not one of the choices")
NO_CHANNEL: Final = Words("不是渠道名", "is not the name of a channel")
NO_DAY: Final = Words("不是日期，格式如 2026-11-30", "is not a day such as 2026-11-30")
NO_MONTH: Final = Words("不是月份，格式如 2026-11", "is not a month such as 2026-11")
NO_AMOUNT: Final = Words("不是金额，格式如 12.99", "is not an amount such as 12.99")
TOO_LONG: Final = Words(
    f"超过 {MAX_TYPED_CHARS} 个字符", f"has more than {MAX_TYPED_CHARS} characters"
)
TWICE: Final = Words("不是地址中唯一的值", "is not the only value in the address")
ENDS_BEFORE: Final = Words("早于开始日期", "is before the first day")
LESS_THAN_LEAST: Final = Words("小于最低金额", "is less than the lowest amount")


class FieldKind(StrEnum):
    """HIDDEN: only in the address of a link, and a chip."""

    TEXT = "text"
    CHOICE = "choice"
    CHANNEL = "channel"
    DAY = "day"
    MONTH = "month"
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

    def fault_of(self, value: str) -> Words | None:
        """Why it is nothing that the list can be filtered by; None for what is."""
        match self.kind:
            case FieldKind.CHOICE:
                return None if value in self.choices else NO_CHOICE
            case FieldKind.CHANNEL:
                return None if is_channel(value) else NO_CHANNEL
            case FieldKind.DAY:
                return None if day_of(value) is not None else NO_DAY
            case FieldKind.MONTH:
                return None if day_of(f"{value}-01") is not None else NO_MONTH
            case FieldKind.AMOUNT:
                return None if _amount(value) is not None else NO_AMOUNT
            case FieldKind.TEXT | FieldKind.HIDDEN:
                return None


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody asked a list for."""

    fields: tuple[Field, ...]
    asked: dict[str, str]

    @classmethod
    def of(cls, request: Request, fields: tuple[Field, ...]) -> "Filters":
        """Raises WrongFilters."""
        asked: dict[str, str] = {}
        wrong: dict[str, Words] = {}
        for it in fields:
            given = [each for each in request.query_params.getlist(it.name) if each.strip()]
            value = typed(given[-1]) if given else ""
            fault = _fault_of(it, given)
            if fault is not None:
                wrong[it.name] = fault
            elif value and (value in it.choices or value != it.unless_asked):
                asked[it.name] = value
        wrong = {**_turned_round(asked), **wrong}
        if wrong:
            rest = {name: value for name, value in asked.items() if name not in wrong}
            raise WrongFilters(cls(fields, rest), wrong, _typed_into(request, wrong))
        return cls(fields, asked)

    def refused(self, name: str, why: Words) -> "WrongFilters":
        """What is asked for here cannot be answered, for what the field `name` says."""
        rest = {other: value for other, value in self.asked.items() if other != name}
        given = {name: self.get(name)}
        return WrongFilters(Filters(self.fields, rest), {name: why}, given)

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
        refunded = self.asked.get("refunded")
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
            code_id=self.asked.get("code_id"),
            refunded=Refunded(refunded) if refunded else None,
            stranded=True if self.asked.get("stranded") else None,
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


class WrongFilters(Exception):
    """A list was asked for with filters that cannot be understood: `wrong` says by field why, and
    `typed` what was typed there; `filters` are the others."""

    def __init__(
        self, filters: Filters, wrong: Mapping[str, Words], typed: Mapping[str, str]
    ) -> None:
        self.filters = filters
        self.wrong = wrong
        self.typed = typed


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
    return {
        "page": page,
        "filters": filters,
        "names": {
            **await merchants.read_names(deps, named),
            **(await apps.read_names(deps, scope, named_apps) if named_apps else {}),
        },
        "channels": channels.listed(deps, filters.get("channel")),
        "known_merchants": await merchants.read_newest_names(deps, scope, KNOWN_MERCHANTS),
        "count": count_of(page, request.query_params.get("after")) if is_read else "",
        "is_read": is_read,
    }


def _fault_of(field: Field, given: Sequence[str]) -> Words | None:
    """`given`: all that the address says of it."""
    if not given:
        return None
    if len({each.strip() for each in given}) > 1:
        return TWICE
    if len(given[-1].strip()) > MAX_TYPED_CHARS:
        return TOO_LONG
    value = typed(given[-1])
    return None if value in ("", field.unless_asked) else field.fault_of(value)


def _turned_round(asked: Mapping[str, str]) -> dict[str, Words]:
    """What ends before it begins."""
    wrong = {}
    first, last = day_of(asked.get("from", "")), day_of(asked.get("to", ""))
    if first and last and last < first:
        wrong["to"] = ENDS_BEFORE
    least, most = _amount(asked.get("min")), _amount(asked.get("max"))
    if least is not None and most is not None and most < least:
        wrong["max"] = LESS_THAN_LEAST
    return wrong


def _typed_into(request: Request, names: Iterable[str]) -> dict[str, str]:
    return {name: typed(request.query_params.get(name, "")) for name in names}


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
    return minor_units(without_yuan(text), FINEST) if text else None


def count_of(page: AnyPage, after: str | None) -> str:
    """How many there are, as the first page tells; what is before a later one is not counted."""
    if after:
        return ""
    count = len(page.items)
    return str(count) if page.next_cursor is None else f"≥ {count}"
