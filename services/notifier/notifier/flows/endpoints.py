"""Callback addresses (lanes) that are left alone: who they are, and what brings them back."""

from collections.abc import Collection

import structlog

from contracts.internal import EndpointPage, EndpointView
from notifier.domain.lanes import OWN_ADDRESS
from notifier.domain.problems import AddressNotCalled, BadCursor, EndpointNotFound
from notifier.flows.deps import Deps
from notifier.guard import AddressRefused, UrlRefused
from notifier.store import lanes

log = structlog.get_logger()


async def list_page(
    deps: Deps, *, app_id: str | None, suspended: bool | None, after: str | None, limit: int
) -> EndpointPage:
    """The addresses that callbacks go to, in the order in which they became known."""
    position = 0 if after is None else _number(after)
    if position is None:
        raise BadCursor
    async with deps.db.connection() as tx:
        seen = await lanes.list_page(
            tx,
            app_ids=[app_id] if app_id else None,
            suspended=suspended,
            after=position,
            limit=limit + 1,
        )
    items = [_view(deps, lane) for lane in seen[:limit]]
    return EndpointPage(
        items=items, next_cursor=items[-1].endpoint_id if len(seen) > limit else None
    )


async def resume(deps: Deps, endpoint_id: str, app_id: str | None) -> EndpointView:
    """End a suspension; one that is not suspended stays as it is.

    What waited is sent oldest first, and its schedule begins anew.
    """
    lane = await _get(deps, endpoint_id, app_id)
    if lane.suspended_at is not None:
        await _resume(deps, lane)
    return _view(deps, await _get(deps, endpoint_id, app_id))


def check_address(deps: Deps, url: str) -> None:
    """Whether an address is of a form that is called; the dial-time check has the last word.

    Raises AddressNotCalled.
    """
    try:
        deps.guard.url(url)
    except UrlRefused as error:
        raise AddressNotCalled(str(error)) from error
    except AddressRefused as error:
        raise AddressNotCalled(str(error.strerror)) from error


async def follow_configuration(deps: Deps) -> None:
    """The lanes of apps whose configuration changed: those held are looked at now, and one that was
    suspended is resumed where the app's address is another than the one that failed."""
    changed = frozenset(deps.apps.changed)
    if not changed:
        return
    deps.apps.changed -= changed  # Before the work: what changes meanwhile is looked at again.
    try:
        await _follow(deps, changed)
    except BaseException:
        deps.apps.changed |= changed
        raise


async def _follow(deps: Deps, changed: Collection[str]) -> None:
    async with deps.db.transaction() as tx:
        count = await lanes.lift_holds(tx, changed)
        await lanes.set_ordered(tx, deps.apps.ordered(changed))
        suspended = await lanes.list_page(
            tx, app_ids=changed, origin=OWN_ADDRESS, suspended=True, limit=len(changed)
        )
    for lane in suspended:
        app = deps.apps.find(lane.app_id)
        if app and app.notify_url not in (None, lane.suspended_url):
            await _resume(deps, lane)
    if count:
        log.info("lanes.holds_lifted", count=count)
        deps.due.set()


async def _get(deps: Deps, endpoint_id: str, app_id: str | None) -> lanes.Lane:
    lane_id = _number(endpoint_id)
    if lane_id is None:
        raise EndpointNotFound(endpoint_id)
    async with deps.db.connection() as tx:
        found = await lanes.list_page(
            tx, app_ids=[app_id] if app_id else None, lane_id=lane_id, limit=1
        )
    if not found:
        raise EndpointNotFound(endpoint_id)
    return found[0]


async def _resume(deps: Deps, lane: lanes.Lane) -> None:
    has_more = True
    while has_more:
        async with deps.db.transaction() as tx:
            has_more = await lanes.rejoin(tx, lane.lane_id)
    async with deps.db.transaction() as tx:
        await lanes.resume(tx, lane.lane_id)
    log.info("endpoint.resumed", app_id=lane.app_id, url=lane.suspended_url)
    deps.due.set()


def _view(deps: Deps, lane: lanes.Lane) -> EndpointView:
    app = deps.apps.find(lane.app_id)
    own_address = (app and app.notify_url) or ""
    return EndpointView(
        endpoint_id=f"L{lane.lane_id}",
        app_id=lane.app_id,
        address=lane.origin or own_address,
        suspended_at=lane.suspended_at,
        suspended_for=lane.suspended_for,
        failing_since=lane.failing_since,
        held_until=lane.held_until,
        pending=lane.pending,
        oldest_due_at=lane.oldest_due_at,
    )


def _number(endpoint_id: str) -> int | None:
    digits = endpoint_id[1:]
    is_one = endpoint_id[:1] == "L" and digits.isascii() and digits.isdigit() and len(digits) <= 18
    return int(digits) if is_one else None
