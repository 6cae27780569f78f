"""What the lists are filtered by: in the address, filled into the form, and as chips to remove."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from fastapi import Request

from contracts.api import Method
from foundation.money_text import BEIJING
from merchant_admin.api.console.forms import typed
from merchant_admin.api.console.shown import minor_units
from merchant_admin.api.paging import position_after
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Search, SplitSearch

PAGE: Final = 50
CURRENCY: Final = "CNY"
FINEST: Final = "KWD"
"""A currency with three decimals."""
CHANNEL: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
METHODS: Final = tuple(method.value for method in Method)
FIELDS: Final = (
    "number",
    "state",
    "merchant_id",
    "app_id",
    "channel",
    "method",
    "from",
    "to",
    "min",
    "max",
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody asked a list for. What cannot be understood does not filter, and is no chip:
    the form then comes back without it."""

    asked: dict[str, str]
    states: tuple[str, ...]

    @classmethod
    def of(cls, request: Request, states: Iterable[str]) -> "Filters":
        query, known = request.query_params, tuple(states)
        given = {name: typed(query.get(name, "")) for name in FIELDS}
        allowed = {"state": known, "method": METHODS}
        asked = {
            name: value
            for name, value in given.items()
            if value and (name not in allowed or value in allowed[name]) and _is_meant(name, value)
        }
        return cls(asked, known)

    def get(self, name: str) -> str:
        return self.asked.get(name, "")

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
        """As `search`; splits have no channel and no method, and no filter of amounts."""
        search = self.search(scope, after)
        return SplitSearch(
            scope,
            number=search.number,
            merchant_id=search.merchant_id,
            app_id=search.app_id,
            state=search.state,
            created_from=search.created_from,
            created_before=search.created_before,
            after=search.after,
            limit=search.limit,
        )


def _is_meant(name: str, value: str) -> bool:
    if name == "channel":
        return is_channel(value)
    if name in ("from", "to"):
        return day_of(value) is not None
    return name not in ("min", "max") or _amount(value) is not None


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


def count_of(items: list[Any], *, is_whole: bool) -> str:
    """How many there are: counted no further than the page."""
    return str(len(items)) if is_whole else f"≥ {len(items)}"
