"""`/api/deliveries`, `/api/events`, `/api/callback-addresses`: what the notifier tells and does
for people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.api import CallbackType
from contracts.internal import (
    DeliveryState,
    DeliveryView,
    EndpointPage,
    EndpointView,
    FoundDeliveryPage,
    ReplayRequest,
    ReplayView,
)
from contracts.moments import Moment
from contracts.text import storable
from merchant_admin.api.access import CentreOperator, DepsOf, Operator, Viewer
from merchant_admin.api.bodies import Body, body
from merchant_admin.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from merchant_admin.api.parameters import Text
from merchant_admin.flows import callbacks

router = APIRouter(prefix="/api")

EventId = Annotated[str, Path(max_length=64)]
EndpointId = Annotated[str, Path(pattern=r"^L[0-9]{1,18}$")]
ReplayId = Annotated[str, Path(pattern=r"^W[0-9]{1,18}$")]


class _Query(BaseModel):
    """What is not given does not filter; `after` is the `next_cursor` of the page before."""

    model_config = ConfigDict(frozen=True)

    app_id: Text | None = None
    after: Annotated[str, Field(max_length=64), AfterValidator(storable)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def filters(self) -> dict[str, object]:
        return self.model_dump(mode="json", exclude_none=True)


class DeliveryQuery(_Query):
    """`number`: any of an order, a payment, a refund, a split or an event, in any case, or how it
    begins, from 8 characters on; what is about it comes in pages of 20."""

    merchant_id: Text | None = None
    number: Text | None = None
    event_id: Text | None = None
    type: CallbackType | None = None
    state: DeliveryState | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None


class EndpointQuery(_Query):
    """`merchant_id`: of the apps that work for this merchant."""

    merchant_id: Text | None = None
    suspended: bool | None = None


class RequestReplay(Body):
    """The callbacks of an app from `created_from` (included) to `created_before` (not), sent again
    at most `per_s` a second."""

    app_id: Text
    created_from: Annotated[Moment, Field(strict=False)]
    created_before: Annotated[Moment, Field(strict=False)]
    type: CallbackType | None = None
    state: DeliveryState | None = None
    per_s: Annotated[int, Field(ge=1, le=500)] = 50


@router.get("/deliveries")
async def list_deliveries(
    deps: DepsOf, caller: Viewer, query: Annotated[DeliveryQuery, Query()]
) -> FoundDeliveryPage:
    """Why a callback did not arrive: deliveries with their attempts, newest first. Whoever has
    some merchants sees what is about those."""
    return await callbacks.find(deps, caller.scope, query.filters())


@router.post("/events/{event_id}/redeliver", status_code=202)
async def redeliver(
    deps: DepsOf, caller: Operator, event_id: EventId, app_id: Annotated[Text, Query()]
) -> DeliveryView:
    """Send the callback of one event again, under the same `webhook-id`."""
    return await callbacks.send_again(deps, caller.actor, caller.scope, app_id, event_id)


@router.post("/deliveries/replays", status_code=202)
async def replay(
    deps: DepsOf,
    caller: Operator,
    request: Annotated[RequestReplay, Depends(body(RequestReplay))],
) -> ReplayView:
    """Send many callbacks again."""
    return await callbacks.replay(
        deps, caller.actor, caller.scope, ReplayRequest(**request.model_dump())
    )


@router.get("/deliveries/replays/{replay_id}")
async def read_replay(deps: DepsOf, caller: Viewer, replay_id: ReplayId) -> ReplayView:
    """How far it is: `sent` of `matched`."""
    return await callbacks.read_replay(deps, caller.scope, replay_id)


@router.get("/callback-addresses")
async def list_endpoints(
    deps: DepsOf, caller: Viewer, query: Annotated[EndpointQuery, Query()]
) -> EndpointPage:
    """Where callbacks go, and which addresses are suspended."""
    return await callbacks.read_endpoints(deps, caller.scope, query.filters())


@router.post("/callback-addresses/{endpoint_id}/resume")
async def resume(deps: DepsOf, caller: CentreOperator, endpoint_id: EndpointId) -> EndpointView:
    """End a suspension; what waited is sent oldest first."""
    return await callbacks.resume(deps, caller.actor, endpoint_id)
