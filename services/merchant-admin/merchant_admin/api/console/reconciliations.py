"""Reconciliation (对账): channel statements beside our books, differences settled by people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from contracts.internal import ReconciliationPage, ReconciliationState, ReconciliationView
from contracts.words import Words
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.books import REFUSALS, refusal_of
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.forms import typed, whole_number
from merchant_admin.api.console.rendering import problem_in, render, saying
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.visiting import (
    SeenByViewer,
    SentByCentreDecider,
    SentByOperator,
    Visitor,
    to,
)
from merchant_admin.api.ids import DifferenceNo, StatementNo
from merchant_admin.api.paging import DEFAULT_LIMIT
from merchant_admin.api.reconciliations import AskForBill, Settle
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows import merchants, reconciling
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/reconciliations"
NO_STATEMENTS: Final = ReconciliationPage(items=[], next_cursor=None)
UNDER_WAY: Final = frozenset({ReconciliationState.FETCHING, ReconciliationState.COMPARING})

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def statements_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Statements of all channel accounts, the latest day first."""
    return await _statements_page(request, deps, visitor)


async def _statements_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    *,
    asked: Mapping[str, str] | None = None,
    wrong: Mapping[str, Words] | None = None,
    status: int = 200,
) -> Response:
    """`asked`: what was filled into the form for a statement."""
    filters = LISTS["reconciliations"].of(request)
    wanted = {
        **LISTS["reconciliations"].values(filters),
        "after": _cursor(request),
        "limit": DEFAULT_LIMIT,
    }
    page, problem = NO_STATEMENTS, None
    try:
        page = await reconciling.find(
            deps, visitor.scope, {name: it for name, it in wanted.items() if it}
        )
    except NoSuch:
        raise
    except Problem as refusal:
        problem = refusal_of(refusal)
    context = {
        "visitor": visitor,
        **await list_context(
            request,
            deps,
            visitor.scope,
            filters,
            page,
            {item.merchant_id for item in page.items},
            is_read=page is not NO_STATEMENTS,
        ),
        "problem": problem,
        "asked": asked or {"payment_id": filters.get("payment_id"), "day": ""},
        "wrong": wrong or {},
    }
    return render(request, "reconciliations.html", context, status=status)


@router.post("")
async def ask_for_bill(request: Request, deps: DepsOf, sent: SentByOperator) -> Response:
    given = {name: sent.form.get(name, "").strip() for name in ("payment_id", "day")}
    try:
        requested = parse(AskForBill, given)
        statement = await reconciling.ask_for(
            deps, sent.actor, sent.scope, requested.payment_id, requested.day
        )
    except Problem as refusal:
        return await _statements_page(
            request, deps, sent.visitor, asked=given, wrong=wrong_fields(refusal),
            status=refusal.status,
        )  # fmt: skip
    return to(saying(f"{HOME}/{statement.statement_no}", "statement_asked"))


@router.get("/{statement_no}")
async def statement_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, statement_no: StatementNo
) -> Response:
    """One statement with its differences; it looks again by itself while it is compared."""
    problem = problem_in(request, REFUSALS)
    return await _statement_page(request, deps, visitor, statement_no, problem=problem)


@router.post("/{statement_no}/fetch")
async def fetch_again(deps: DepsOf, sent: SentByOperator, statement_no: StatementNo) -> Response:
    try:
        await reconciling.fetch_again(deps, sent.actor, sent.scope, statement_no)
    except Problem as refusal:
        return to(f"{HOME}/{statement_no}?problem={refusal_of(refusal)}")
    return to(saying(f"{HOME}/{statement_no}", "statement_asked"))


@router.post("/{statement_no}/differences/{difference_no}/settle")
async def settle(
    request: Request,
    deps: DepsOf,
    sent: SentByCentreDecider,
    statement_no: StatementNo,
    difference_no: DifferenceNo,
) -> Response:
    """Where the difference has changed since it was shown, the page comes back with the newest."""
    reason, version = sent.form.get("reason", ""), whole_number(sent.form.get("version", ""))
    try:
        requested = parse(Settle, {"reason": reason, "version": version})
        await reconciling.settle(deps, sent.actor, difference_no, **dict(requested))
    except Problem as refusal:
        return await _statement_page(
            request, deps, sent.visitor, statement_no,
            problem=refusal_of(refusal), status=refusal.status, given={difference_no: reason},
        )  # fmt: skip
    return to(saying(f"{HOME}/{statement_no}", "difference_settled"))


async def _statement_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    statement_no: str,
    *,
    problem: str | None,
    status: int = 200,
    given: Mapping[str, str] | None = None,
) -> Response:
    """`given`: the reasons that were filled in, by the number of their difference."""
    wanted = {"after": _cursor(request), "limit": DEFAULT_LIMIT}
    filters = {name: it for name, it in wanted.items() if it}
    try:
        statement = await reconciling.read(deps, visitor.scope, statement_no, filters)
    except Problem as refusal:
        missing = {"visitor": visitor, "it": None, "problem": refusal_of(refusal)}
        return render(request, "reconciliation.html", missing, status=refusal.status)
    context = {
        "visitor": visitor,
        "it": statement,
        "home": f"{HOME}/{statement_no}",
        "names": await merchants.read_names(deps, {statement.merchant_id}),
        "is_under_way": given is None and _is_under_way(statement, deps.clock()),
        "given": given or {},
        "problem": problem,
    }
    return render(request, "reconciliation.html", context, status=status)


def _is_under_way(statement: ReconciliationView, now: datetime) -> bool:
    """Whether it will be another one in a moment."""
    is_due = statement.next_look_at is not None and statement.next_look_at <= now
    return statement.state in UNDER_WAY or (
        statement.state is ReconciliationState.AWAITED and is_due
    )


def _cursor(request: Request) -> str:
    return typed(request.query_params.get("after", ""))
