"""`/api/alerts`: what people are told of, and who has taken it up; a trial message."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.events.alerts import Severity
from contracts.internal import AlertOnFile, AlertPage, AlertState, AlertTest, FindAlerts
from contracts.moments import Moment
from contracts.text import storable
from merchant_admin.api.access import CentreOperator, DepsOf, Operator, Viewer
from merchant_admin.api.bodies import Body, body
from merchant_admin.api.ids import MerchantId
from merchant_admin.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from merchant_admin.api.parameters import Text
from merchant_admin.flows import alerts

router = APIRouter(prefix="/api/alerts")

AlertKey = Annotated[str, Field(min_length=1, max_length=512), AfterValidator(storable)]


class AlertQuery(BaseModel):
    """What is not given does not filter. `kind`: how the key begins (`docs/alerts.md`)."""

    model_config = ConfigDict(frozen=True)

    merchant_id: Text | None = None
    key: AlertKey | None = None
    kind: Text | None = None
    severity: Severity | None = None
    state: AlertState | None = None
    raised_from: Moment | None = None
    raised_before: Moment | None = None
    after: Annotated[str, Field(max_length=512)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


class RequestAcknowledgement(Body):
    """The alert as it was seen: `first_at` and `severity` are those of the list."""

    key: AlertKey
    first_at: Annotated[Moment, Field(strict=False)]
    severity: Annotated[Severity, Field(strict=False)]


@router.get("")
async def list_alerts(
    deps: DepsOf, caller: Viewer, query: Annotated[AlertQuery, Query()]
) -> AlertPage:
    """Alerts with one key are one, raised `total` times; the latest first."""
    return await alerts.find(deps, caller.scope, FindAlerts(**query.model_dump()))


@router.post("/acknowledge")
async def acknowledge(
    deps: DepsOf,
    caller: Operator,
    request: Annotated[RequestAcknowledgement, Depends(body(RequestAcknowledgement))],
) -> AlertOnFile:
    """Take an alert up. It is open again when it becomes worse, or comes back after a quiet day;
    where that is so already, 409 `version_changed`."""
    return await alerts.acknowledge(
        deps, caller.actor, caller.scope, request.key, request.first_at, request.severity
    )


@router.post("/test")
async def send_trial(
    deps: DepsOf, caller: CentreOperator, merchant_id: MerchantId | None = None
) -> AlertTest:
    """Send a trial message by DingTalk and by whatever else is set up, here or by a merchant."""
    return await alerts.send_trial(deps, caller.actor, merchant_id)
