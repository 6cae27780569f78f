"""What waits for people: counted when somebody looks, and believed for some seconds."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import structlog

from chassis.problems import Problem
from contracts.internal import DeadLetterPage, EndpointPage, FindAlerts, ReconciliationPage
from merchant_admin.domain.approvals import ApprovalKind
from merchant_admin.domain.expiring import CertificateQuery
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.domain.users import Role
from merchant_admin.domain.waiting import BADGES, MOST, Viewer, Waiting
from merchant_admin.flows import alerts, reconciling
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.expiring import AHEAD
from merchant_admin.store import approvals, expiring
from merchant_admin.store import waiting as store

log = structlog.get_logger()

UNKNOWN_AFTER: Final = timedelta(minutes=5)
LETTERS_LOOKED_AT: Final = 50


async def read(deps: Deps, scope: Scope, role: Role) -> Waiting:
    """What our own tables tell, for every page; with what the others told last, and tell now where
    these people have just acted. Of approvals those that the role decides."""
    counted, viewer = deps.counted, Viewer(scope, role)
    known = counted.find(viewer)
    if known is not None:
        return known
    now = deps.clock()
    kinds = [kind for kind in ApprovalKind if role.may(kind.right)]
    async with deps.db.connection() as tx:
        counts = await store.count(
            tx,
            scope,
            unknown_before=now - UNKNOWN_AFTER,
            most=MOST + 1,
        )
        ending = await expiring.count(tx, CertificateQuery(scope, now + AHEAD), MOST + 1)
        asked = await approvals.count_waiting(tx, scope, kinds, now)
    counts["expiring_certificates"] = ending
    counts["approvals"] = min(asked, MOST + 1)
    answers = await _answers(deps, scope, counted.changing(viewer))
    return counted.put(viewer, replace(counted.latest(viewer), **counts, **answers))


async def read_all(deps: Deps, scope: Scope, role: Role) -> Waiting:
    """With what the other services tell now; what is of the whole centre only for who has all."""
    own = await read(deps, scope, role)
    answers = await _answers(deps, scope, ASKED)
    return deps.counted.put(Viewer(scope, role), replace(own, **answers))


def expect_changes(deps: Deps, scope: Scope, role: Role, page: str) -> None:
    """What is done on a page of the navigation changes what waits there: for a few seconds these
    people are told what is counted anew."""
    deps.counted.expect(Viewer(scope, role), BADGES.get(page, ()))


async def _answers(deps: Deps, scope: Scope, names: Collection[str]) -> dict[str, int | None]:
    """By the other services."""
    asked = [name for name in ASKED if name in names and (scope.is_all or name in OF_MERCHANTS)]
    async with asyncio.TaskGroup() as questions:
        tasks = {name: questions.create_task(ASKED[name](deps, scope)) for name in asked}
    return {name: task.result() for name, task in tasks.items()}


async def _alerts(deps: Deps, scope: Scope) -> int | None:
    try:
        page = await alerts.find(deps, scope, FindAlerts(state="open", limit=MOST + 1))
    except Problem as problem:
        log.info("waiting.not_counted", what="alerts", code=problem.code)
        return None
    return len(page.items)


async def _suspended(deps: Deps, _: Scope) -> int | None:
    query: dict[str, Any] = {"suspended": "true", "limit": MOST + 1}
    try:
        page = await deps.notifier.get(EndpointPage, "/internal/endpoints", query)
    except Problem as problem:
        log.info("waiting.not_counted", what="endpoints", code=problem.code)
        return None
    return len(page.items)


async def _differing(deps: Deps, _: Scope) -> int | None:
    query: dict[str, Any] = {"state": "differs", "limit": MOST + 1}
    try:
        page = await deps.trade_core.get(ReconciliationPage, "/internal/reconciliations", query)
    except Problem as problem:
        log.info("waiting.not_counted", what="differences", code=problem.code)
        return None
    return sum(item.open_differences for item in page.items)


async def _missing_statements(deps: Deps, _: Scope) -> int | None:
    try:
        return len(await reconciling.list_missing(deps, EVERYTHING, MOST + 1))
    except Problem as problem:
        log.info("waiting.not_counted", what="missing_statements", code=problem.code)
        return None


async def _letters(deps: Deps, _: Scope) -> int | None:
    query: dict[str, Any] = {"limit": LETTERS_LOOKED_AT}
    try:
        page = await deps.trade_core.get(DeadLetterPage, "/internal/dead-letters", query)
    except Problem as problem:
        log.info("waiting.not_counted", what="dead_letters", code=problem.code)
        return None
    return sum(letter.replayed_at is None for letter in page.items)


ASKED: Final[Mapping[str, Callable[[Deps, Scope], Coroutine[Any, Any, int | None]]]] = {
    "open_alerts": _alerts,
    "suspended_endpoints": _suspended,
    "differences": _differing,
    "missing_statements": _missing_statements,
    "dead_letters": _letters,
}
"""How the other services are asked what waits there."""

OF_MERCHANTS: Final = frozenset({"open_alerts"})
"""Told also to who has some merchants only."""
