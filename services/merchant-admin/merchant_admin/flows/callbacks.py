"""Callbacks as the notifier knows them: why one did not arrive, send again, resume an address."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from contracts.events.orders import CALLBACK_TYPES
from contracts.identifiers import is_id
from contracts.internal import (
    DeliveryView,
    EndpointPage,
    EndpointView,
    FoundDelivery,
    FoundDeliveryPage,
    Redeliver,
    ReplayRequest,
    ReplayView,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.numbers import Typed
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import apps
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps
from merchant_admin.store import callback_numbers

DeliveryT = TypeVar("DeliveryT", bound=DeliveryView)

ALL: Final = "/internal/all-deliveries"
WITH_NUMBER: Final = 20
"""On a page: the notifier is asked about each by itself; an order has four of them as a rule."""

MOST_ROUNDS: Final = 25
"""Of pages that the filters leave empty."""


async def find(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> FoundDeliveryPage:
    """Deliveries with their attempts, newest first; `number`: any of an order, payment, refund,
    split or event, as the search box reads it. Of an app that works for others too only what is
    about a merchant of the scope. Raises NoSuch, Forwarded."""
    wanted = dict(filters)
    if merchant_id := wanted.pop("merchant_id", None):
        scope.require(merchant_id, "merchant")
        scope = Scope(frozenset({merchant_id}))
    if number := wanted.pop("number", None):
        return await _read_with_number(deps, scope, number, wanted)
    if scope.parameter is not None:
        wanted["merchant_ids"] = ",".join(scope.parameter)
    for _ in range(MOST_ROUNDS):
        page = await deps.notifier.get(FoundDeliveryPage, ALL, wanted)
        items = [shown(item, scope) for item in page.items if _is_within(item, scope)]
        if items or page.next_cursor is None:
            break
        wanted = {**wanted, "after": page.next_cursor}
    return page.model_copy(update={"items": items})


async def read_endpoints(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> EndpointPage:
    """The addresses that callbacks go to: of one app, of those that work for `merchant_id` (both:
    of that app if it does), or of all that work for no merchant outside the scope. Raises NoSuch,
    Forwarded."""
    wanted = dict(filters)
    merchant_id = wanted.pop("merchant_id", None)
    app_id = wanted.get("app_id")
    if app_id:
        await _require_app(deps, scope, app_id)
    if merchant_id:
        scope.require(merchant_id, "merchant")
        app_ids = await apps.read_ids_of(deps, merchant_id, scope)
        if app_id and app_id not in app_ids:
            return EndpointPage(items=[], next_cursor=None)
        if not app_id:
            wanted["app_ids"] = ",".join(app_ids)
    elif not app_id and not scope.is_all:
        wanted["app_ids"] = ",".join(await apps.read_ids(deps, scope))
    page = await deps.notifier.get(EndpointPage, "/internal/endpoints", wanted)
    items = [
        item.model_copy(update={"address": scope.shown_address(item.address)})
        for item in page.items
    ]
    return page.model_copy(update={"items": items})


async def resume(deps: Deps, actor: Actor, endpoint_id: str) -> EndpointView:
    """End the suspension of an address. Raises Forwarded."""
    call = AuditedCall("callback_address.resumed", endpoint_id, f"endpoints/{endpoint_id}/resume")
    return await call_audited(deps, deps.notifier, actor, EndpointView, call)


async def send_again(
    deps: Deps, actor: Actor, scope: Scope, app_id: str, event_id: str
) -> DeliveryView:
    """Send the callback of one event again, now. Raises NoSuch, Forwarded."""
    body = None
    if not scope.is_all:
        found = await find(deps, scope, {"app_id": app_id, "event_id": event_id, "limit": 1})
        if not found.items:
            raise NoSuch("callback")
        body = Redeliver(merchant_ids=scope.parameter)
    path = f"events/{quote(event_id, safe='')}/redeliver?{urlencode({'app_id': app_id})}"
    call = AuditedCall("callback.redelivered", event_id, path, body)
    return shown(await call_audited(deps, deps.notifier, actor, DeliveryView, call), scope)


async def replay(deps: Deps, actor: Actor, scope: Scope, request: ReplayRequest) -> ReplayView:
    """Send many callbacks of an app again. Raises NoSuch, Forwarded."""
    await _require_app(deps, scope, request.app_id)
    call = AuditedCall("callbacks.replayed", request.app_id, "replays", request)
    return await call_audited(deps, deps.notifier, actor, ReplayView, call)


async def read_replay(deps: Deps, scope: Scope, replay_id: str) -> ReplayView:
    """How far a replay is. Raises NoSuch, Forwarded."""
    found = await deps.notifier.get(ReplayView, f"/internal/replays/{replay_id}")
    await _require_app(deps, scope, found.app_id)
    return found


def shown(item: DeliveryT, scope: Scope) -> DeliveryT:
    """As whoever has this scope may see it: an answer that repeats what is hidden of the address,
    as servers do that say what they did not find, is hidden with it."""
    url = scope.shown_address(item.url)
    if url == item.url:
        return item
    hidden = _parts(item.url.partition("?")[2])
    attempts = [
        attempt.model_copy(update={"answer": None})
        if any(part in (attempt.answer or "") for part in hidden)
        else attempt
        for attempt in item.attempts
    ]
    return item.model_copy(update={"url": url, "attempts": attempts})


async def _read_with_number(
    deps: Deps, scope: Scope, number: str, filters: Mapping[str, Any]
) -> FoundDeliveryPage:
    """A page of those that are about this number: with something on it, as long as there is."""
    typed = Typed.of(number)
    wanted = {name: value for name, value in filters.items() if name not in ("after", "limit")}
    behind = filters.get("after")
    for _ in range(MOST_ROUNDS):
        event_ids, behind = await _events_with(deps, typed, scope, behind)
        if only := wanted.get("event_id"):
            event_ids, behind = ([only], None) if only in event_ids else ([], behind)
        async with asyncio.TaskGroup() as questions:
            asked = [
                questions.create_task(find(deps, scope, {**wanted, "event_id": event_id}))
                for event_id in event_ids
            ]
        items = [item for question in asked for item in question.result().items]
        if items or behind is None:
            break
    return FoundDeliveryPage(items=items, next_cursor=behind)


async def _events_with(
    deps: Deps, typed: Typed | None, scope: Scope, after: str | None
) -> tuple[list[str], str | None]:
    """And behind which the next page begins; None: there is none."""
    if typed is None:
        return [], None
    async with deps.reader.transaction() as tx:
        found = await callback_numbers.list_events(
            tx, typed, scope, sorted(CALLBACK_TYPES), after=after, limit=WITH_NUMBER + 1
        )
    event_ids = found[:WITH_NUMBER]
    return event_ids, event_ids[-1] if len(found) > WITH_NUMBER else None


def _is_within(item: FoundDelivery, scope: Scope) -> bool:
    return scope.is_all or (item.merchant_id is not None and scope.has(item.merchant_id))


def _parts(query: str) -> list[str]:
    """Itself, and its values as they stand there and as a server reads them."""
    raw = [pair.partition("=")[2] for pair in query.split("&")]
    read = [value for _, value in parse_qsl(query)]
    return [part for part in (query, *raw, *read) if part]


async def _require_app(deps: Deps, scope: Scope, app_id: str | None) -> None:
    """The notifier knows apps, not whose people may look at them. Raises NoSuch."""
    if scope.is_all:
        return
    if app_id is None or not is_id("app", app_id):
        raise NoSuch("app")
    await apps.read(deps, app_id, scope)
