"""Endpoints (callback addresses) that are left alone: who they are, and what brings them back."""

from collections.abc import Collection

import structlog

from contracts.internal import EndpointPage, EndpointView
from notifier.domain.endpoints import OWN_ADDRESS, without_query
from notifier.domain.errors import AddressNotCalled, BadCursor, EndpointNotFound
from notifier.flows.deps import Deps
from notifier.sending.guard import AddressRefused, UrlRefused
from notifier.store import endpoints, signed_calls
from notifier.store.signed_calls import SignedCall

log = structlog.get_logger()


async def list_page(
    deps: Deps,
    *,
    app_ids: Collection[str] | None,
    suspended: bool | None,
    after: str | None,
    limit: int,
) -> EndpointPage:
    """The addresses that callbacks go to, in the order in which they became known."""
    position = 0 if after is None else _number(after)
    if position is None:
        raise BadCursor
    async with deps.db.connection() as tx:
        seen = await endpoints.list_page(
            tx,
            app_ids=app_ids,
            suspended=suspended,
            after=position,
            limit=limit + 1,
        )
    items = [_view(deps, endpoint) for endpoint in seen[:limit]]
    return EndpointPage(
        items=items, next_cursor=items[-1].endpoint_id if len(seen) > limit else None
    )


async def resume(
    deps: Deps, endpoint_id: str, app_id: str | None, *, signed_as: str | None = None
) -> EndpointView:
    """End a suspension; one that is not suspended stays as it is.

    What waited is sent oldest first, and its schedule begins anew. A call that was signed no later
    than the latest for this endpoint is a replay, and ends nothing.
    """
    endpoint = await _get(deps, endpoint_id, app_id)
    is_repeat = signed_as is not None and not await _is_new(deps, endpoint, signed_as)
    if endpoint.suspended_at is not None and not is_repeat:
        await _resume(deps, endpoint)
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
    """The endpoints of apps whose configuration changed: those held are looked at now, unless some
    replica did so for this change before, and one that was suspended is resumed where the app's
    address is another than the one that failed."""
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
        newer = await endpoints.follow(tx, deps.apps.versions(changed))
        count = await endpoints.lift_holds(tx, newer)
        await endpoints.set_ordered(tx, deps.apps.ordered(changed))
        suspended = await endpoints.list_page(
            tx, app_ids=changed, origin=OWN_ADDRESS, suspended=True, limit=len(changed)
        )
    for endpoint in suspended:
        app = deps.apps.find(endpoint.app_id)
        if app and app.notify_url not in (None, endpoint.suspended_url):
            await _resume(deps, endpoint)
    if count:
        log.info("endpoints.holds_lifted", count=count)
        deps.wake_up.set()


async def _get(deps: Deps, endpoint_id: str, app_id: str | None) -> endpoints.Endpoint:
    number = _number(endpoint_id)
    if number is None:
        raise EndpointNotFound(endpoint_id)
    async with deps.db.connection() as tx:
        found = await endpoints.list_page(
            tx, app_ids=[app_id] if app_id else None, endpoint_id=number, limit=1
        )
    if not found:
        raise EndpointNotFound(endpoint_id)
    return found[0]


async def _is_new(deps: Deps, endpoint: endpoints.Endpoint, signed_as: str) -> bool:
    call = SignedCall(endpoint.app_id, signed_as)
    async with deps.db.transaction() as tx:
        return await signed_calls.is_new(tx, call)


async def _resume(deps: Deps, endpoint: endpoints.Endpoint) -> None:
    has_more = True
    while has_more:
        async with deps.db.transaction() as tx:
            has_more = await endpoints.rejoin(tx, endpoint.endpoint_id)
    async with deps.db.transaction() as tx:
        await endpoints.resume(tx, endpoint.endpoint_id)
    log.info("endpoint.resumed", app_id=endpoint.app_id, url=without_query(endpoint.suspended_url))
    deps.wake_up.set()


def _view(deps: Deps, endpoint: endpoints.Endpoint) -> EndpointView:
    app = deps.apps.find(endpoint.app_id)
    own_address = (app and app.notify_url) or ""
    return EndpointView(
        endpoint_id=f"L{endpoint.endpoint_id}",
        app_id=endpoint.app_id,
        address=endpoint.origin or own_address,
        suspended_at=endpoint.suspended_at,
        suspended_for=endpoint.suspended_for,
        failing_since=endpoint.failing_since,
        held_until=endpoint.held_until,
        pending=endpoint.pending,
        oldest_due_at=endpoint.oldest_due_at,
    )


def _number(endpoint_id: str) -> int | None:
    digits = endpoint_id[1:]
    is_one = endpoint_id[:1] == "L" and digits.isascii() and digits.isdigit() and len(digits) <= 18
    return int(digits) if is_one else None
