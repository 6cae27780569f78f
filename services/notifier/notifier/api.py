"""Internal HTTP (`contracts.internal`): why did it not arrive, send it again, send a ping."""

import base64
import hmac
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from chassis.web import CalledBy, read_message, refuse_nul
from contracts.internal import (
    MAX_ALERTS_BYTES,
    AcknowledgeAlert,
    AlertOnFile,
    AlertPage,
    AlertsTaken,
    AlertTest,
    CheckAddress,
    DeliveryPage,
    DeliveryView,
    EndpointPage,
    EndpointView,
    FindAlerts,
    FoundDeliveryPage,
    Ping,
    Redeliver,
    ReplayRequest,
    ReplayView,
    SealAnew,
    SealedAnew,
    SignedWayBack,
    SignWayBack,
    TakeAlerts,
)
from foundation.seal_anew import seal_anew
from notifier.domain.deliveries import State
from notifier.flows import alerts, deliveries, endpoints, kept_alerts, replays
from notifier.flows.deps import Deps
from notifier.store.views import Wanted


async def _deps(request: Request) -> Deps:
    return cast(Deps, request.app.state.deps)


DepsOf = Annotated[Deps, Depends(_deps)]
Limit = Annotated[int, Query(ge=1, le=100)]
"""How long a page may be; each delivery carries its attempts."""

SignedAs = Annotated[str | None, Query(max_length=200)]

BY_GATEWAY: Final = [Depends(CalledBy("gateway"))]
BY_ADMIN: Final = [Depends(CalledBy("merchant-admin"))]
BY_BOTH: Final = [Depends(CalledBy("gateway", "merchant-admin"))]
BY_ALL: Final = [Depends(CalledBy("gateway", "trade-core", "merchant-admin", "cashier"))]


def router() -> APIRouter:
    """Each route names those of our services that may call it."""
    routes = APIRouter(prefix="/internal", dependencies=[Depends(refuse_nul)])
    routes.post("/events/{event_id}/redeliver", dependencies=BY_BOTH, status_code=202)(redeliver)
    routes.get("/deliveries", dependencies=BY_GATEWAY)(list_deliveries)
    routes.post("/pings", dependencies=BY_BOTH, status_code=202)(ping)
    routes.get("/endpoints", dependencies=BY_BOTH)(list_endpoints)
    routes.post("/endpoints/{endpoint_id}/resume", dependencies=BY_BOTH)(resume)
    routes.post("/callback-addresses/check", dependencies=BY_ADMIN, status_code=204)(check_address)
    routes.get("/all-deliveries", dependencies=BY_ADMIN)(search)
    routes.post("/replays", dependencies=BY_ADMIN, status_code=202)(ask_replay)
    routes.get("/replays/{replay_id}", dependencies=BY_ADMIN)(read_replay)
    routes.post("/alerts", dependencies=BY_ALL)(take_alerts)
    routes.post("/alerts/test", dependencies=BY_ADMIN)(send_trial)
    routes.post("/alerts/search", dependencies=BY_ADMIN)(list_alerts)
    routes.post("/alerts/acknowledge", dependencies=BY_ADMIN)(acknowledge_alert)
    routes.post("/way-back/sign", dependencies=BY_GATEWAY)(sign_way_back)
    routes.post("/seal-anew", dependencies=BY_ADMIN)(seal)
    return routes


async def redeliver(
    event_id: str,
    app_id: str,
    deps: DepsOf,
    asked: Redeliver | None = None,
    merchant_ids: str | None = None,
    signed_as: SignedAs = None,
) -> DeliveryView:
    """Send the callback of an event again, now, under the same `webhook-id`. `merchant_ids`, with
    commas between them, and `signed_as`: a gateway of the release before says so what `asked` is.
    """
    if asked is None:
        about = None if merchant_ids is None else merchant_ids.split(",")
        asked = Redeliver(merchant_ids=about, signed_as=signed_as)
    return await deliveries.send_again(
        deps, app_id, event_id, about=asked.merchant_ids, signed_as=asked.signed_as
    )


async def list_deliveries(
    app_id: str,
    deps: DepsOf,
    event_id: str | None = None,
    state: State | None = None,
    after: str | None = None,
    limit: Limit = 20,
) -> DeliveryPage:
    """An app's deliveries with their attempts, newest first."""
    return await deliveries.list_page(
        deps, app_id, event_id=event_id, state=state, after=after, limit=limit
    )


async def ping(requested: Ping, deps: DepsOf) -> DeliveryView:
    """Send a `ping` to the app's own address."""
    return await deliveries.ping(
        deps, requested.app_id, signed_as=requested.signed_as, url=requested.url
    )


async def list_endpoints(
    deps: DepsOf,
    app_id: str | None = None,
    app_ids: str | None = None,
    suspended: bool | None = None,
    after: str | None = None,
    limit: Limit = 20,
) -> EndpointPage:
    """The addresses that callbacks go to, and how they fare; of `app_ids`, with commas
    between them, where no one app is named."""
    several = None if app_ids is None else app_ids.split(",")
    return await endpoints.list_page(
        deps,
        app_ids=[app_id] if app_id else several,
        suspended=suspended,
        after=after,
        limit=limit,
    )


async def resume(
    endpoint_id: str,
    deps: DepsOf,
    app_id: str | None = None,
    signed_as: SignedAs = None,
) -> EndpointView:
    """End the suspension of an address; with an `app_id`, only of that app's. `signed_as`: the
    app's request."""
    return await endpoints.resume(deps, endpoint_id, app_id, signed_as=signed_as)


async def check_address(requested: CheckAddress, deps: DepsOf) -> None:
    """Whether callbacks may go to an address that somebody is about to register."""
    endpoints.check_address(deps, requested.url)


async def take_alerts(request: Request, deps: DepsOf) -> AlertsTaken:
    """What people must hear of and Kafka does not take; twice makes no difference."""
    body = await read_message(request, TakeAlerts, limit_bytes=MAX_ALERTS_BYTES)
    return AlertsTaken(new=await alerts.receive(deps, body.records))


async def send_trial(deps: DepsOf, merchant_id: str | None = None) -> AlertTest:
    """Send a trial message by every messenger of the centre or, if one is named, of a merchant."""
    return await alerts.send_trial(deps, merchant_id)


async def list_alerts(asked: FindAlerts, deps: DepsOf) -> AlertPage:
    """Alerts as they are kept, the latest first."""
    return await kept_alerts.find(deps, asked)


async def acknowledge_alert(asked: AcknowledgeAlert, deps: DepsOf) -> AlertOnFile:
    """Somebody has taken an alert up; the answer tells whether that counted."""
    return await kept_alerts.acknowledge(deps, asked)


async def sign_way_back(shown: SignWayBack, deps: DepsOf) -> SignedWayBack:
    """Sign what a payer carries back to the app, with the app's newest secret."""
    app = deps.apps.find(shown.app_id)
    if app is None or not app.keys:
        return SignedWayBack(signature=None)
    mac = hmac.digest(app.keys[0], shown.text().encode(), "sha256")
    return SignedWayBack(signature=base64.b64encode(mac).decode())


async def seal(asked: SealAnew, deps: DepsOf) -> SealedAnew:
    """Seal what is sealed to an older key of ours to the newest."""
    return seal_anew(deps.opener, asked)


async def search(
    deps: DepsOf,
    app_id: str | None = None,
    event_id: str | None = None,
    event_type: Annotated[str | None, Query(alias="type")] = None,
    state: State | None = None,
    created_from: AwareDatetime | None = None,
    created_before: AwareDatetime | None = None,
    merchant_ids: str | None = None,
    after: str | None = None,
    limit: Limit = 20,
) -> FoundDeliveryPage:
    """Deliveries of all apps with their attempts, newest first, for people. `merchant_ids`, with
    commas between them: only what is about one of these merchants."""
    about = None if merchant_ids is None else merchant_ids.split(",")
    wanted = Wanted(app_id, event_id, event_type, state, created_from, created_before, about)
    return await deliveries.search(deps, wanted, after=after, limit=limit)


async def ask_replay(requested: ReplayRequest, deps: DepsOf) -> ReplayView:
    """Send many callbacks again, at a limited rate."""
    return await replays.ask(deps, requested)


async def read_replay(replay_id: str, deps: DepsOf) -> ReplayView:
    """How far a replay is."""
    return await replays.get(deps, replay_id)
