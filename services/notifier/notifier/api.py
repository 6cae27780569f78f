"""Internal HTTP (`contracts.internal`): why did it not arrive, send it again, send a ping."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import SecretStr

from chassis.web import require_service_token
from contracts.internal import DeliveryPage, DeliveryView, Ping
from notifier.domain.deliveries import State
from notifier.flows import deliveries
from notifier.flows.deps import Deps


async def _deps(request: Request) -> Deps:
    return cast(Deps, request.app.state.deps)


DepsOfApp = Annotated[Deps, Depends(_deps)]
Limit = Annotated[int, Query(ge=1, le=100)]
"""How long a page may be; each delivery carries its attempts."""


def router(token: SecretStr) -> APIRouter:
    """All routes ask for the service token."""
    routes = APIRouter(prefix="/internal", dependencies=[Depends(require_service_token(token))])
    routes.post("/events/{event_id}/redeliver", status_code=202)(redeliver)
    routes.get("/deliveries")(list_deliveries)
    routes.post("/pings", status_code=202)(ping)
    return routes


async def redeliver(event_id: str, app_id: str, deps: DepsOfApp) -> DeliveryView:
    """Send the callback of an event again, now, under the same `webhook-id`."""
    return await deliveries.send_again(deps, app_id, event_id)


async def list_deliveries(
    app_id: str,
    deps: DepsOfApp,
    event_id: str | None = None,
    state: State | None = None,
    after: str | None = None,
    limit: Limit = 20,
) -> DeliveryPage:
    """An app's deliveries with their attempts, newest first."""
    return await deliveries.list_page(
        deps, app_id, event_id=event_id, state=state, after=after, limit=limit
    )


async def ping(wish: Ping, deps: DepsOfApp) -> DeliveryView:
    """Send a `ping` to the app's own address."""
    return await deliveries.ping(deps, wish.app_id)
