"""Channel statements as they come, and our runs over them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from contracts.internal import (
    AskForStatement,
    BeginUpload,
    DifferenceView,
    NoStatement,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationState,
    ReconciliationView,
    SettleDifference,
    StatementPage,
    StatementReceipt,
    UploadRound,
)
from trade_core.api.dependencies import BY_ADMIN, BY_GATEWAY, DepsOf, Limit
from trade_core.flows import read_reconciliation, receive_statement
from trade_core.store.reconciliation_views import Wanted


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.post("/statements/{statement_no}/rows", dependencies=BY_GATEWAY)(post_statement_page)
    routes.post("/statements/{statement_no}/none", dependencies=BY_GATEWAY)(post_no_statement)
    routes.post("/reconciliations/uploads", dependencies=BY_GATEWAY)(post_upload)
    routes.get("/reconciliations", dependencies=BY_ADMIN)(list_reconciliations)
    routes.post("/reconciliations", dependencies=BY_ADMIN, status_code=202)(post_reconciliation)
    routes.get("/reconciliations/{statement_no}", dependencies=BY_ADMIN)(get_reconciliation)
    routes.post("/reconciliations/{statement_no}/fetch", dependencies=BY_ADMIN, status_code=202)(
        post_fetch
    )
    routes.post("/differences/{difference_no}/settle", dependencies=BY_ADMIN)(post_settle)


async def post_statement_page(
    statement_no: str, request: StatementPage, deps: DepsOf
) -> StatementReceipt:
    """Rows of a channel statement, from the gateway; twice and in any order."""
    return await receive_statement.take_page(deps, statement_no, request)


async def post_no_statement(
    statement_no: str, request: NoStatement, deps: DepsOf
) -> StatementReceipt:
    """Why the channel gave no statement, from the gateway."""
    return await receive_statement.take_none(deps, statement_no, request)


async def post_upload(request: BeginUpload, deps: DepsOf) -> UploadRound:
    """A person's file of an account and day, whose rows follow."""
    return await receive_statement.begin_upload(deps, request)


async def list_reconciliations(
    deps: DepsOf,
    merchant_id: str | None = None,
    payment_id: str | None = None,
    state: ReconciliationState | None = None,
    first_day: Annotated[date | None, Query(alias="from")] = None,
    last_day: Annotated[date | None, Query(alias="to")] = None,
    channel: str | None = None,
    merchant_ids: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> ReconciliationPage:
    """Statements of channel accounts, the latest day first. `merchant_ids`, with commas between
    them: only those of one of these merchants."""
    of_any = None if merchant_ids is None else merchant_ids.split(",")
    wanted = Wanted(merchant_id, payment_id, state, first_day, last_day, channel, of_any)
    return await read_reconciliation.list_reconciliations(deps, wanted, after, limit)


async def post_reconciliation(request: AskForStatement, deps: DepsOf) -> ReconciliationView:
    """Have the statement of an account and day fetched and compared now."""
    return await read_reconciliation.ask_for(deps, request)


async def get_reconciliation(
    statement_no: str, deps: DepsOf, after: str | None = None, limit: Limit = 50
) -> ReconciliationOnFile:
    """A reconciliation with a page of its differences."""
    return await read_reconciliation.get_reconciliation(deps, statement_no, after, limit)


async def post_fetch(statement_no: str, deps: DepsOf) -> ReconciliationView:
    """Have it fetched and compared anew."""
    return await read_reconciliation.fetch_again(deps, statement_no)


async def post_settle(
    difference_no: str, request: SettleDifference, deps: DepsOf
) -> DifferenceView:
    """A person lets a difference be; one that is settled stays as it is."""
    return await read_reconciliation.settle(deps, difference_no, request)
