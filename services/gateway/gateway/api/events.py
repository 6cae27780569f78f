"""/v1/events, /v1/deliveries and /v1/webhook-endpoints: what the app was told, and how it went."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, BeforeValidator

from chassis.problems import FieldError, InvalidRequest
from chassis.web import answer
from contracts.api import EventPage
from contracts.codes import Code
from contracts.internal import DeliveryPage, DeliveryState, DeliveryView, EndpointPage, EndpointView
from contracts.text import storable
from gateway.api.openapi import problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf
from gateway.flows import callbacks

router = APIRouter(prefix="/v1", route_class=AppRoute, tags=["events"])

EMPTY_IS_ABSENT = BeforeValidator(lambda text: None if text == "" else text)
"""`?event_id=&state=` filters by neither."""

Text = Annotated[str, AfterValidator(storable)] | None

Cursor = Annotated[
    Text,
    Query(max_length=256, description="`next_cursor` of the page before; absent: the beginning"),
    EMPTY_IS_ABSENT,
]
Limit = Annotated[int, Query(ge=1, le=100, description="Items a page")]


@router.get(
    "/events",
    response_model=EventPage,
    responses=problems(Code.INVALID_REQUEST, Code.CURSOR_EXPIRED),
)
async def list_events(
    caller: CallerOf,
    deps: DepsOf,
    after: Cursor = None,
    limit: Limit = 50,
    last: Annotated[
        int | None,
        Query(ge=1, le=100, description="So many of the newest, instead of `after` and `limit`"),
    ] = None,
) -> Response:
    """The app's events in their order, for apps that synchronise by pulling. `last` answers the
    newest, in that order too, and the cursor behind them, for who begins now.
    """
    if last is not None and after is not None:
        fault = FieldError("/last", "does not go with `after`")
        raise InvalidRequest("The page can begin at one place only.", errors=[fault])
    return answer(await callbacks.list_events(deps, caller.app, after, limit, last))


@router.post(
    "/events/{event_id}/redeliver",
    status_code=202,
    response_model=DeliveryView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def redeliver(
    event_id: Annotated[str, Path(description="The `webhook-id` of the callback")],
    caller: CallerOf,
    deps: DepsOf,
) -> Response:
    """Send a callback again, with the same `webhook-id`."""
    delivery = await callbacks.redeliver(deps, caller.app, event_id, signed_as=caller.signed_as)
    return answer(delivery, 202)


@router.get(
    "/deliveries",
    response_model=DeliveryPage,
    responses=problems(Code.INVALID_REQUEST),
)
async def list_deliveries(
    caller: CallerOf,
    deps: DepsOf,
    event_id: Annotated[
        Text,
        Query(max_length=64, description="The `webhook-id` of the callback"),
        EMPTY_IS_ABSENT,
    ] = None,
    state: Annotated[
        DeliveryState | None, Query(description="How they stand"), EMPTY_IS_ABSENT
    ] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Why a callback did not arrive: its attempts, each with time and status."""
    page = await callbacks.list_deliveries(
        deps, caller.app, event_id=event_id, state=state, after=after, limit=limit
    )
    return answer(page)


@router.post(
    "/webhook-endpoints/test",
    status_code=202,
    response_model=DeliveryView,
    responses=problems(),
)
async def test_endpoint(caller: CallerOf, deps: DepsOf) -> Response:
    """Send a `ping` event to the app's callback address."""
    return answer(await callbacks.ping(deps, caller.app, signed_as=caller.signed_as), 202)


@router.get(
    "/webhook-endpoints", response_model=EndpointPage, responses=problems(Code.INVALID_REQUEST)
)
async def list_endpoints(
    caller: CallerOf,
    deps: DepsOf,
    suspended: Annotated[
        bool | None, Query(description="Only those that are, or are not"), EMPTY_IS_ABSENT
    ] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The addresses that callbacks go to: suspended, left alone for a while, how much waits."""
    page = await callbacks.list_endpoints(
        deps, caller.app, suspended=suspended, after=after, limit=limit
    )
    return answer(page)


@router.post(
    "/webhook-endpoints/{endpoint_id}/resume",
    response_model=EndpointView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def resume_endpoint(
    endpoint_id: Annotated[str, Path(description="From the list of addresses, `L…`")],
    caller: CallerOf,
    deps: DepsOf,
) -> Response:
    """End the suspension of an address that is up again; what waited is sent oldest first."""
    resumed = await callbacks.resume(deps, caller.app, endpoint_id, signed_as=caller.signed_as)
    return answer(resumed)
