"""`/api/exports/…`: the lists besides money as files, each with the parameters of its list.

What may be long is made in the background by POST; the others are short enough for GET.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from merchant_admin.api.access import Admin, CentreViewer, Viewer, Work
from merchant_admin.api.alerts import AlertQuery
from merchant_admin.api.callbacks import DeliveryQuery, EndpointQuery
from merchant_admin.api.exports import (
    FILE,
    AsFile,
    ExportView,
    ask_for_listing,
    download_listing,
)
from merchant_admin.api.search import Text
from merchant_admin.domain.approvals import ApprovalState
from merchant_admin.flows import listings

router = APIRouter(prefix="/api/exports")

NO_FILTERS: Final = {"format", "after", "limit"}


class _Export(AsFile):
    def asked(self) -> dict[str, Any]:
        """The filters, as JSON has them."""
        return self.model_dump(mode="json", exclude=NO_FILTERS, exclude_none=True)


class CallbackExport(DeliveryQuery, _Export):
    pass


class EndpointExport(EndpointQuery, _Export):
    pass


class AlertExport(AlertQuery, _Export):
    pass


class AuditExport(_Export):
    entity_id: Text | None = None
    actor: Text | None = None
    action: Text | None = None


class ApprovalExport(_Export):
    state: ApprovalState | None = None


class WholeExport(_Export):
    """Nothing filters it but what one may see."""


@router.get("/callbacks", response_class=StreamingResponse, responses=FILE)
async def export_callbacks(
    deps: Work, caller: Viewer, query: Annotated[CallbackExport, Query()]
) -> StreamingResponse:
    """As `GET /api/deliveries`, with the last attempt of each."""
    return await download_listing(deps, caller, listings.CALLBACKS, query.asked(), query.format)


@router.post("/callbacks", status_code=202)
async def ask_for_callbacks(
    deps: Work, caller: Viewer, query: Annotated[CallbackExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for_listing(deps, caller, listings.CALLBACKS, query.asked(), query.format)


@router.get("/endpoints", response_class=StreamingResponse, responses=FILE)
async def export_endpoints(
    deps: Work, caller: Viewer, query: Annotated[EndpointExport, Query()]
) -> StreamingResponse:
    """As `GET /api/callback-addresses`."""
    return await download_listing(deps, caller, listings.ENDPOINTS, query.asked(), query.format)


@router.get("/alerts", response_class=StreamingResponse, responses=FILE)
async def export_alerts(
    deps: Work, caller: Viewer, query: Annotated[AlertExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.ALERTS, query.asked(), query.format)


@router.post("/alerts", status_code=202)
async def ask_for_alerts(
    deps: Work, caller: Viewer, query: Annotated[AlertExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for_listing(deps, caller, listings.ALERTS, query.asked(), query.format)


@router.get("/audit", response_class=StreamingResponse, responses=FILE)
async def export_audit(
    deps: Work, caller: CentreViewer, query: Annotated[AuditExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.AUDIT, query.asked(), query.format)


@router.post("/audit", status_code=202)
async def ask_for_audit(
    deps: Work, caller: CentreViewer, query: Annotated[AuditExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for_listing(deps, caller, listings.AUDIT, query.asked(), query.format)


@router.get("/approvals", response_class=StreamingResponse, responses=FILE)
async def export_approvals(
    deps: Work, caller: Viewer, query: Annotated[ApprovalExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.APPROVALS, query.asked(), query.format)


@router.get("/merchants", response_class=StreamingResponse, responses=FILE)
async def export_merchants(
    deps: Work, caller: Viewer, query: Annotated[WholeExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.MERCHANTS, query.asked(), query.format)


@router.get("/channel-accounts", response_class=StreamingResponse, responses=FILE)
async def export_accounts(
    deps: Work, caller: Viewer, query: Annotated[WholeExport, Query()]
) -> StreamingResponse:
    """Without secrets, as everywhere."""
    return await download_listing(deps, caller, listings.ACCOUNTS, query.asked(), query.format)


@router.get("/apps", response_class=StreamingResponse, responses=FILE)
async def export_apps(
    deps: Work, caller: Viewer, query: Annotated[WholeExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.APPS, query.asked(), query.format)


@router.get("/counter-codes", response_class=StreamingResponse, responses=FILE)
async def export_codes(
    deps: Work, caller: Viewer, query: Annotated[WholeExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.CODES, query.asked(), query.format)


@router.get("/users", response_class=StreamingResponse, responses=FILE)
async def export_users(
    deps: Work, caller: Admin, query: Annotated[WholeExport, Query()]
) -> StreamingResponse:
    return await download_listing(deps, caller, listings.USERS, query.asked(), query.format)
