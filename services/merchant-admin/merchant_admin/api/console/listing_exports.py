"""The lists besides money as files, with the filters that stand in the address of their page."""

from fastapi import APIRouter, Request, Response

from foundation.pages import language_asked
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.exports import HOME, export, kind_of
from merchant_admin.api.console.visiting import SeenByAdmin, SeenByCentre, SeenByViewer
from merchant_admin.api.exports import download
from merchant_admin.api.ids import StatementNo
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.flows import listings

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("/callbacks")
async def export_callbacks(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.CALLBACKS)


@router.get("/endpoints")
async def export_endpoints(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.ENDPOINTS)


@router.get("/alerts")
async def export_alerts(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.ALERTS)


@router.get("/reconciliations")
async def export_reconciliations(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.RECONCILIATIONS)


@router.get("/ledger")
async def export_balances(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.BALANCES)


@router.get("/dead-letters")
async def export_dead_letters(request: Request, deps: DepsOf, visitor: SeenByCentre) -> Response:
    return await export(request, deps, visitor, listings.DEAD_LETTERS)


@router.get("/audit")
async def export_audit(request: Request, deps: DepsOf, visitor: SeenByCentre) -> Response:
    return await export(request, deps, visitor, listings.AUDIT)


@router.get("/approvals")
async def export_approvals(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.APPROVALS)


@router.get("/merchants")
async def export_merchants(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.MERCHANTS)


@router.get("/channel-accounts")
async def export_accounts(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.ACCOUNTS)


@router.get("/apps")
async def export_apps(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.APPS)


@router.get("/certificates")
async def export_certificates(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.CERTIFICATES)


@router.get("/counter-codes")
async def export_codes(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, listings.CODES)


@router.get("/users")
async def export_users(request: Request, deps: DepsOf, visitor: SeenByAdmin) -> Response:
    return await export(request, deps, visitor, listings.USERS)


@router.get("/tokens")
async def export_tokens(request: Request, deps: DepsOf, visitor: SeenByAdmin) -> Response:
    return await export(request, deps, visitor, listings.TOKENS)


@router.get("/differences")
async def export_differences(
    request: Request, deps: DepsOf, visitor: SeenByViewer, statement_no: StatementNo
) -> Response:
    """Of one reconciliation."""
    query = ListQuery(visitor.scope, {"statement_no": statement_no})
    kind = kind_of(request)
    language = language_asked(request)
    return await download(
        deps, visitor.caller, listings.DIFFERENCES, query, kind, language=language
    )
