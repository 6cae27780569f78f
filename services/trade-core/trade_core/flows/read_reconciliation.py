"""What people see of reconciliation, and what they ask of it: fetch again, let a difference be."""

import base64
from datetime import date
from typing import Final

import orjson
import structlog

from chassis.problems import FieldError, InvalidRequest
from contracts.internal import (
    AskForStatement,
    DifferencePage,
    DifferenceState,
    DifferenceView,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationView,
    SettleDifference,
)
from trade_core.domain import reconciliation as schedule
from trade_core.domain.operator_errors import (
    DifferenceClosed,
    DifferenceNotFound,
    NoStatementOfDay,
    ReconciliationNotFound,
    VersionChanged,
)
from trade_core.flows.deps import Deps
from trade_core.store import decisions, differences, reconciliation_views, reconciliations
from trade_core.store.decisions import Decided
from trade_core.store.reconciliation_views import Place, Wanted

log = structlog.get_logger()

SETTLE: Final = "settle"


async def list_reconciliations(
    deps: Deps, wanted: Wanted, after: str | None, limit: int
) -> ReconciliationPage:
    """A page of statements. Raises InvalidRequest for a cursor that is not ours."""
    place = None if after is None else _place(after)
    async with deps.reader.connection() as tx:
        found = await reconciliation_views.list_views(tx, wanted, place, limit + 1)
    page = found[:limit]
    has_more = len(found) > limit
    return ReconciliationPage(items=page, next_cursor=_cursor(page[-1]) if has_more else None)


async def get_reconciliation(
    deps: Deps, statement_no: str, after: str | None, limit: int
) -> ReconciliationOnFile:
    """With a page of its differences. Raises ReconciliationNotFound."""
    view = await _get(deps, statement_no)
    async with deps.db.connection() as tx:
        found = await differences.list_views(tx, statement_no, after, limit + 1)
    page = found[:limit]
    last = page[-1].difference_no if len(found) > limit else None
    return ReconciliationOnFile(
        **dict(view), differences=DifferencePage(items=page, next_cursor=last)
    )


async def ask_for(deps: Deps, request: AskForStatement) -> ReconciliationView:
    """Have the statement of an account and day fetched now, as far as its channel has it.

    Raises NoStatementOfDay for a day that is too old, or has not begun.
    """
    now = deps.clock()
    if not schedule.may_have_statement(request.day, now):
        raise NoStatementOfDay(request.day)
    async with deps.db.connection() as tx:
        statement_no = await reconciliations.ask_for(tx, request, now)
    return await _get(deps, statement_no)


async def fetch_again(deps: Deps, statement_no: str) -> ReconciliationView:
    """Have its statement fetched and compared anew, now. Raises ReconciliationNotFound."""
    async with deps.db.connection() as tx:
        await reconciliations.fetch_again(tx, statement_no, deps.clock())
    return await _get(deps, statement_no)


async def settle(deps: Deps, difference_no: str, request: SettleDifference) -> DifferenceView:
    """A person lets a difference be; one that is settled stays as it is.

    Raises DifferenceNotFound, DifferenceClosed where a later comparison agreed, VersionChanged.
    """
    now = deps.clock()
    async with deps.db.transaction() as tx:
        view = await differences.find_view(tx, difference_no)
        if view is None:
            raise DifferenceNotFound(difference_no)
        await reconciliations.lock(tx, view.statement_no)
        open_before = await differences.count_open(tx, view.statement_no)
        if await differences.settle(tx, difference_no, version=request.version, now=now):
            decided = Decided(difference_no, SETTLE, request.reason, request.decided_by, now)
            await decisions.add(tx, decided)
            await reconciliations.note_settled(tx, view.statement_no, listed_before=open_before)
            log.info("difference.settled", subject=view.subject, decided_by=request.decided_by)
        settled = await differences.find_view(tx, difference_no)
    if settled is None or settled.state is DifferenceState.CLOSED:
        raise DifferenceClosed(difference_no)
    if settled.state is not DifferenceState.SETTLED:
        raise VersionChanged(settled.version)
    return settled


async def _get(deps: Deps, statement_no: str) -> ReconciliationView:
    async with deps.db.connection() as tx:
        view = await reconciliation_views.find_view(tx, statement_no)
    if view is None:
        raise ReconciliationNotFound(statement_no)
    return view


def _cursor(last: ReconciliationView) -> str:
    place = orjson.dumps([last.day, last.statement_no])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _place(cursor: str) -> Place:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        day, statement_no = orjson.loads(raw)
        return Place(date.fromisoformat(day), str(statement_no).replace("\0", ""))
    except (ValueError, TypeError) as error:
        fault = FieldError("/after", "is not a cursor of this list")
        raise InvalidRequest("The cursor is not one of ours.", errors=[fault]) from error
