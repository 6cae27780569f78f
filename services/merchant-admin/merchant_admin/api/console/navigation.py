"""The way about the console: what stands at the side of every page.

A page is listed for whoever its route lets in, and only where there is such a route: so a new page
needs a line here and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from merchant_admin.api.access import Caller, Guard

HOME: Final = "/console"

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("", ("home",)),
    ("trade", ("orders", "payments", "refunds", "splits", "approvals")),
    ("callbacks", ("deliveries", "endpoints", "alerts")),
    ("books", ("reports", "ledger", "reconciliations", "statements", "exports", "dead-letters")),
    (
        "setup",
        (
            "onboarding",
            "merchants",
            "channel-accounts",
            "apps",
            "certificates",
            "counter-codes",
            "imports",
        ),
    ),
    ("people", ("users", "tokens", "audit")),
)
"""By group the pages, each by the last part of its address, which is the key of its text too."""


PAGES: Final = frozenset(page for _, pages in GROUPS for page in pages)


@dataclass(frozen=True, slots=True)
class Way:
    """A link: `waiting` is how many things wait there for people."""

    name: str
    path: str
    is_here: bool
    waiting: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    ways: list[Way]


class Navigation:
    """Who may go where, by the guards of the routes."""

    def __init__(self, guards: Mapping[str, Guard]) -> None:
        self._guards = guards

    @classmethod
    def of(cls, app: FastAPI) -> "Navigation":
        return cls(dict(_guards(app)))

    def groups(self, caller: Caller, here: str, waiting: Mapping[str, str]) -> list[Group]:
        """What this caller may look at. `waiting`: by page."""
        groups = []
        for name, pages in GROUPS:
            admitted = [page for page in pages if self.admits(caller, _path(page))]
            ways = [
                Way(page, _path(page), _is_at(here, page), waiting.get(page, ""))
                for page in admitted
            ]
            if ways:
                groups.append(Group(name, ways))
        return groups

    def admits(self, caller: Caller, address: str) -> bool:
        """Whether there is such a page, and it is for this caller."""
        guard = self._guards.get(address.partition("?")[0])
        return guard is not None and guard.admits(caller)


def page_of(path: str) -> str:
    """To which page an address belongs."""
    return path.removeprefix(f"{HOME}/").partition("/")[0]


def _path(page: str) -> str:
    return HOME if page == "home" else f"{HOME}/{page}"


def _is_at(here: str, page: str) -> bool:
    path = _path(page)
    return here == path or (path != HOME and here.startswith(f"{path}/"))


def _guards(app: FastAPI) -> Iterator[tuple[str, Guard]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and context.path:
            for guard in _guards_of(route.dependant):
                yield context.path, guard


def _guards_of(dependant: Dependant) -> Iterator[Guard]:
    if isinstance(dependant.call, Guard):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _guards_of(inner)
