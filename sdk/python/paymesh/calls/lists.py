"""Lists of any length, read page by page; and what is asked for, without what was not given."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeVar

from paymesh import exchange
from paymesh.exchange import Item, Stream, get, path
from paymesh.models.requests import Asked

A = TypeVar("A", bound=Asked)
T = TypeVar("T")

PAGE: Final = 100
"""The most that the centre gives at once."""


class Page(Protocol[T]):
    @property
    def items(self) -> "list[T]": ...

    @property
    def next_cursor(self) -> str | None: ...


def items(collection: str, page: type[Page[T]], query: Mapping[str, Any]) -> Stream[T]:
    """Every item from `after` on, or from the beginning."""
    after: str | None = query.get("after")
    while True:
        asked = {"limit": PAGE, **query, "after": after}
        found = yield from exchange.exchange(get(path(collection), page, asked))
        for item in found.items:
            yield Item(item)
        after = found.next_cursor
        if after is None:
            return


def asked(model: type[A], members: Mapping[str, Any]) -> A:
    """Only what was given is set, so only that is sent. Raises NotSendable."""
    return exchange.asked(model, {k: v for k, v in members.items() if v is not None})
