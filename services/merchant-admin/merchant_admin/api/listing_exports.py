"""`/api/exports/…`: the lists besides money as files, each with the parameters of its list.

What may be long is made in the background by POST; the others are short enough for GET.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from merchant_admin.api.access import Admin, Caller, CentreViewer, DepsOf, Viewer
from merchant_admin.api.alerts import AlertQuery
from merchant_admin.api.books import BalanceQuery, LetterQuery
from merchant_admin.api.callbacks import DeliveryQuery, EndpointQuery
from merchant_admin.api.exports import FILE, AsFile, ExportView, ask_for, download
from merchant_admin.api.ids import StatementNo
from merchant_admin.api.list_queries import (
    NO_FILTERS,
    AccountParameters,
    AppParameters,
    ApprovalParameters,
    AuditParameters,
    CertificateParameters,
    CodeParameters,
    MerchantParameters,
    TokenParameters,
    UserParameters,
)
from merchant_admin.api.reconciliations import StatementQuery
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.flows import listings

router = APIRouter(prefix="/api/exports")


class _Export(AsFile):
    def asked(self, caller: Caller) -> ListQuery:
        """The filters, as JSON has them."""
        filters = self.model_dump(mode="json", by_alias=True, exclude=NO_FILTERS, exclude_none=True)
        return ListQuery(caller.scope, filters)


class CallbackExport(DeliveryQuery, _Export):
    pass


class EndpointExport(EndpointQuery, _Export):
    pass


class AlertExport(AlertQuery, _Export):
    pass


class ReconciliationExport(StatementQuery, _Export):
    pass


class LetterExport(LetterQuery, _Export):
    pass


class BalanceExport(BalanceQuery, _Export):
    pass


class DifferenceExport(_Export):
    statement_no: StatementNo


class MerchantExport(MerchantParameters, _Export):
    pass


class AccountExport(AccountParameters, _Export):
    pass


class AppExport(AppParameters, _Export):
    pass


class CodeExport(CodeParameters, _Export):
    pass


class CertificateExport(CertificateParameters, _Export):
    pass


class ApprovalExport(ApprovalParameters, _Export):
    pass


class AuditExport(AuditParameters, _Export):
    pass


class UserExport(UserParameters, _Export):
    pass


class TokenExport(TokenParameters, _Export):
    pass


@router.get("/callbacks", response_class=StreamingResponse, responses=FILE)
async def export_callbacks(
    deps: DepsOf, caller: Viewer, query: Annotated[CallbackExport, Query()]
) -> StreamingResponse:
    """As `GET /api/deliveries`, with the last attempt of each."""
    return await download(deps, caller, listings.CALLBACKS, query.asked(caller), query.format)


@router.post("/callbacks", status_code=202)
async def ask_for_callbacks(
    deps: DepsOf, caller: Viewer, query: Annotated[CallbackExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, listings.CALLBACKS, query.asked(caller), query.format)


@router.get("/endpoints", response_class=StreamingResponse, responses=FILE)
async def export_endpoints(
    deps: DepsOf, caller: Viewer, query: Annotated[EndpointExport, Query()]
) -> StreamingResponse:
    """As `GET /api/callback-addresses`."""
    return await download(deps, caller, listings.ENDPOINTS, query.asked(caller), query.format)


@router.get("/alerts", response_class=StreamingResponse, responses=FILE)
async def export_alerts(
    deps: DepsOf, caller: Viewer, query: Annotated[AlertExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.ALERTS, query.asked(caller), query.format)


@router.post("/alerts", status_code=202)
async def ask_for_alerts(
    deps: DepsOf, caller: Viewer, query: Annotated[AlertExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, listings.ALERTS, query.asked(caller), query.format)


@router.get("/reconciliations", response_class=StreamingResponse, responses=FILE)
async def export_reconciliations(
    deps: DepsOf, caller: Viewer, query: Annotated[ReconciliationExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.RECONCILIATIONS, query.asked(caller), query.format)


@router.post("/reconciliations", status_code=202)
async def ask_for_reconciliations(
    deps: DepsOf, caller: Viewer, query: Annotated[ReconciliationExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, listings.RECONCILIATIONS, query.asked(caller), query.format)


@router.get("/differences", response_class=StreamingResponse, responses=FILE)
async def export_differences(
    deps: DepsOf, caller: Viewer, query: Annotated[DifferenceExport, Query()]
) -> StreamingResponse:
    """Of one reconciliation, the oldest first."""
    return await download(deps, caller, listings.DIFFERENCES, query.asked(caller), query.format)


@router.get("/ledger", response_class=StreamingResponse, responses=FILE)
async def export_balances(
    deps: DepsOf, caller: Viewer, query: Annotated[BalanceExport, Query()]
) -> StreamingResponse:
    """As `GET /api/ledger/balances`; a positive amount is a debit."""
    return await download(deps, caller, listings.BALANCES, query.asked(caller), query.format)


@router.get("/dead-letters", response_class=StreamingResponse, responses=FILE)
async def export_dead_letters(
    deps: DepsOf, caller: CentreViewer, query: Annotated[LetterExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.DEAD_LETTERS, query.asked(caller), query.format)


@router.post("/dead-letters", status_code=202)
async def ask_for_dead_letters(
    deps: DepsOf, caller: CentreViewer, query: Annotated[LetterExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, listings.DEAD_LETTERS, query.asked(caller), query.format)


@router.get("/audit", response_class=StreamingResponse, responses=FILE)
async def export_audit(
    deps: DepsOf, caller: CentreViewer, query: Annotated[AuditExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.AUDIT, query.asked(caller), query.format)


@router.post("/audit", status_code=202)
async def ask_for_audit(
    deps: DepsOf, caller: CentreViewer, query: Annotated[AuditExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, listings.AUDIT, query.asked(caller), query.format)


@router.get("/approvals", response_class=StreamingResponse, responses=FILE)
async def export_approvals(
    deps: DepsOf, caller: Viewer, query: Annotated[ApprovalExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.APPROVALS, query.asked(caller), query.format)


@router.get("/merchants", response_class=StreamingResponse, responses=FILE)
async def export_merchants(
    deps: DepsOf, caller: Viewer, query: Annotated[MerchantExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.MERCHANTS, query.asked(caller), query.format)


@router.get("/channel-accounts", response_class=StreamingResponse, responses=FILE)
async def export_accounts(
    deps: DepsOf, caller: Viewer, query: Annotated[AccountExport, Query()]
) -> StreamingResponse:
    """Without secrets, as everywhere."""
    return await download(deps, caller, listings.ACCOUNTS, query.asked(caller), query.format)


@router.get("/apps", response_class=StreamingResponse, responses=FILE)
async def export_apps(
    deps: DepsOf, caller: Viewer, query: Annotated[AppExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.APPS, query.asked(caller), query.format)


@router.get("/certificates", response_class=StreamingResponse, responses=FILE)
async def export_certificates(
    deps: DepsOf, caller: Viewer, query: Annotated[CertificateExport, Query()]
) -> StreamingResponse:
    """The next to end first."""
    return await download(deps, caller, listings.CERTIFICATES, query.asked(caller), query.format)


@router.get("/counter-codes", response_class=StreamingResponse, responses=FILE)
async def export_codes(
    deps: DepsOf, caller: Viewer, query: Annotated[CodeExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.CODES, query.asked(caller), query.format)


@router.get("/users", response_class=StreamingResponse, responses=FILE)
async def export_users(
    deps: DepsOf, caller: Admin, query: Annotated[UserExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, listings.USERS, query.asked(caller), query.format)


@router.get("/tokens", response_class=StreamingResponse, responses=FILE)
async def export_tokens(
    deps: DepsOf, caller: Admin, query: Annotated[TokenExport, Query()]
) -> StreamingResponse:
    """Without secrets, which nobody has."""
    return await download(deps, caller, listings.TOKENS, query.asked(caller), query.format)
