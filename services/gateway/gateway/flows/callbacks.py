"""What the app was told: its events to pull, its callbacks to look at and to send again.

`signed_as` goes with what is done: the notifier knows a replay by it that this replica does not.
"""

from urllib.parse import quote

from contracts.api import EventItem, EventPage
from contracts.internal import (
    DeliveryPage,
    DeliveryView,
    EndpointPage,
    EndpointView,
    Ping,
    Redeliver,
)
from gateway.directory import App
from gateway.flows.deps import Deps


async def list_events(
    deps: Deps, app: App, after: str | None, limit: int, last: int | None
) -> EventPage:
    """A page may hold fewer than `limit`, even none, and still not be the last: what belongs to a
    merchant that is the app's no more is passed over."""
    page = await deps.trade_core.get(
        EventPage,
        "/internal/events",
        {"app_id": app.app_id, "after": after, "limit": limit, "last": last},
    )
    items = [each for each in page.items if _merchant_of(each) in app.merchant_ids]
    return page.model_copy(update={"items": items})


async def redeliver(deps: Deps, app: App, event_id: str, *, signed_as: str) -> DeliveryView:
    return await deps.notifier.post(
        DeliveryView,
        f"/internal/events/{quote(event_id, safe='')}/redeliver",
        params={"app_id": app.app_id},
        body=Redeliver(merchant_ids=sorted(app.merchant_ids), signed_as=signed_as),
    )


async def list_deliveries(
    deps: Deps,
    app: App,
    *,
    event_id: str | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> DeliveryPage:
    """As `list_events`: what belongs to a merchant that is the app's no more is passed over."""
    page = await deps.notifier.get(
        DeliveryPage,
        "/internal/deliveries",
        {
            "app_id": app.app_id,
            "event_id": event_id,
            "state": state,
            "after": after,
            "limit": limit,
        },
    )
    own = app.merchant_ids
    items = [each for each in page.items if each.merchant_id is None or each.merchant_id in own]
    return page.model_copy(update={"items": items})


async def ping(deps: Deps, app: App, *, signed_as: str) -> DeliveryView:
    """Send a `ping` event to the app's own callback address."""
    asked = Ping(app_id=app.app_id, signed_as=signed_as)
    return await deps.notifier.post(DeliveryView, "/internal/pings", body=asked)


async def list_endpoints(
    deps: Deps, app: App, *, suspended: bool | None, after: str | None, limit: int
) -> EndpointPage:
    """The addresses that the app's callbacks go to, and how they fare."""
    return await deps.notifier.get(
        EndpointPage,
        "/internal/endpoints",
        {
            "app_id": app.app_id,
            "suspended": None if suspended is None else str(suspended).lower(),
            "after": after,
            "limit": limit,
        },
    )


async def resume(deps: Deps, app: App, endpoint_id: str, *, signed_as: str) -> EndpointView:
    """End the suspension of one of the app's own addresses."""
    return await deps.notifier.post(
        EndpointView,
        f"/internal/endpoints/{quote(endpoint_id, safe='')}/resume",
        params={"app_id": app.app_id, "signed_as": signed_as},
    )


def _merchant_of(event: EventItem) -> object:
    data = event.data
    return data.get("merchant_id") if isinstance(data, dict) else data.merchant_id
