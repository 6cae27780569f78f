"""Deliveries come to be, are asked for again, and are looked at."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final

from chassis.database import Tx
from contracts.api import Callback
from contracts.identifiers import new_id
from contracts.internal import DeliveryPage, DeliveryView, FoundDelivery, FoundDeliveryPage
from notifier import metrics
from notifier.domain.deliveries import Lease, NewDelivery, State
from notifier.domain.errors import AppNotFound, BadCursor, EventNotFound, NoCallbackAddress
from notifier.domain.slots import for_first_tries
from notifier.flows.deps import Deps
from notifier.store import deliveries, signed_calls, views
from notifier.store.signed_calls import SignedCall

PING: Final = "ping"


async def add(
    deps: Deps, new: Sequence[NewDelivery], *, asked_by: SignedCall | None = None
) -> None:
    """Store what apps are to be told; idempotent by event and address. `asked_by`: only where this
    call is no replay.

    As far as there are slots, it is sent at once.
    """
    for one in new:
        deps.traces.note(one.event_id, one.traceparent)
    ordered = deps.apps.ordered(one.app_id for one in new)
    free = for_first_tries(deps.slots.free)
    taken = deps.slots.take(min(len(new), free))
    leases: list[Lease] = []
    offer = deliveries.Offer(taken, free, deps.replica, deps.lease_s, deps.slots.held)
    try:
        async with deps.db.transaction() as tx:
            if asked_by is not None and not await signed_calls.is_new(tx, asked_by):
                return
            added = await deliveries.add(tx, new, ordered, offer=offer)
        leases = added.leases
    finally:
        deps.slots.fill(taken, leases)
    metrics.INBOX_DUPLICATES.inc(len(new) - added.count)
    if added.count > len(leases):
        deps.wake_up.set()


async def ping(
    deps: Deps, app_id: str, *, signed_as: str | None = None, url: str | None = None
) -> DeliveryView:
    """Send a `ping` to the app's own address (`url`, if one is expected), as a delivery like any
    other, but also where the address is held, which ends if it is taken. A replay of a signed call
    is answered with the first one's ping, and sends nothing.
    """
    if deps.apps.find(app_id) is None:
        raise AppNotFound(app_id)
    destination = deps.apps.find_destination(app_id, None)
    if destination is None or url not in (None, destination.url):
        raise NoCallbackAddress
    now = datetime.now(UTC)
    event_id = new_id("event")
    callback = Callback(type=PING, timestamp=now, data={"app_id": app_id})
    asked_by = SignedCall(app_id, signed_as, event_id) if signed_as else None
    await add(
        deps,
        [
            NewDelivery(
                event_id=event_id,
                app_id=app_id,
                type=PING,
                notify_url=None,
                body=callback.model_dump_json().encode(),
                happened_at=now,
            )
        ],
        asked_by=asked_by,
    )
    async with deps.db.connection() as tx:
        if asked_by is not None:
            event_id = await signed_calls.find_event(tx, asked_by) or event_id
        return await _view_of_event(deps, tx, app_id, event_id)


async def send_again(
    deps: Deps,
    app_id: str,
    event_id: str,
    *,
    about: Sequence[str] | None = None,
    signed_as: str | None = None,
) -> DeliveryView:
    """Send a callback again, now, with a schedule that begins anew and the same `webhook-id`.

    `about`: the merchants that the app still has; an event of another one is not found. A replay
    of a signed call sends nothing. Raises NoCallbackAddress where there is nowhere to send it.
    """
    async with deps.db.transaction() as tx:
        found = await deliveries.list_of_event(tx, event_id, app_id, about=about)
        if not found:
            raise EventNotFound(event_id)
        if not any(deps.apps.find_destination(app_id, row["notify_url"]) for row in found):
            raise NoCallbackAddress
        call = SignedCall(app_id, signed_as) if signed_as else None
        if call is None or await signed_calls.is_new(tx, call):
            await deliveries.make_due(tx, found)
        view = await _view_of_event(deps, tx, app_id, event_id)
    deps.wake_up.set()
    return view


async def list_page(
    deps: Deps,
    app_id: str,
    *,
    event_id: str | None,
    state: State | None,
    after: str | None,
    limit: int,
) -> DeliveryPage:
    """An app's deliveries, newest first. `after` is the `next_cursor` of the page before."""
    before = _position(after)
    wanted = views.Wanted(app_id=app_id, event_id=event_id, state=state)
    async with _reading(deps, wanted) as tx:
        page = await views.list_page(tx, wanted, before=before, limit=limit, by_app=True)
    items = [_view(deps, one) for one in page.items]
    return DeliveryPage(items=items, next_cursor=_cursor(page))


async def search(
    deps: Deps, wanted: views.Wanted, *, after: str | None, limit: int
) -> FoundDeliveryPage:
    """Deliveries of all apps, newest first, for people of the centre."""
    before = _position(after)
    async with _reading(deps, wanted) as tx:
        page = await views.list_page(tx, wanted, before=before, limit=limit, by_app=False)
    items = [FoundDelivery(**dict(_view(deps, one)), app_id=one.app_id) for one in page.items]
    return FoundDeliveryPage(items=items, next_cursor=_cursor(page))


def _reading(deps: Deps, wanted: views.Wanted) -> AbstractAsyncContextManager[Tx]:
    """Lists may be some moments old; one event is read as it is, for whoever sent it again."""
    if wanted.event_id is not None:
        return deps.db.snapshot()
    return deps.reader.transaction()


async def _view_of_event(deps: Deps, tx: Tx, app_id: str, event_id: str) -> DeliveryView:
    wanted = views.Wanted(app_id=app_id, event_id=event_id)
    page = await views.list_page(tx, wanted, before=views.NEWEST, limit=1, by_app=True)
    [newest] = page.items
    return _view(deps, newest)


def _view(deps: Deps, listed: views.ListedDelivery) -> DeliveryView:
    app = deps.apps.find(listed.app_id)
    own_address = (app and app.notify_url) or ""
    return DeliveryView(
        delivery_id=f"D{listed.delivery_id}",
        event_id=listed.event_id,
        type=listed.type,
        url=listed.notify_url or own_address,
        state=listed.state,
        created_at=listed.created_at,
        merchant_id=listed.merchant_id,
        merchant_order_no=listed.merchant_order_no,
        payment_no=listed.payment_no,
        channel_trade_no=listed.channel_trade_no,
        next_attempt_at=listed.next_attempt_at,
        attempts=listed.attempts,
    )


def _cursor(page: views.Page) -> str | None:
    return None if page.goes_on_after is None else f"D{page.goes_on_after}"


def _position(cursor: str | None) -> int:
    if cursor is None:
        return views.NEWEST
    digits = cursor[1:]
    if cursor[:1] != "D" or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise BadCursor
    return int(digits)
