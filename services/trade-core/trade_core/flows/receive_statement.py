"""What the gateway brings of a channel statement: its rows page by page, or that there is none."""

import structlog

from chassis.database import Tx
from contracts.internal import NoStatement, ReconciliationState, StatementPage, StatementReceipt
from trade_core.domain import reconciliation as schedule
from trade_core.domain.operator_errors import ReconciliationNotFound
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.reconciling import find_own
from trade_core.flows.deps import Deps
from trade_core.store import reconciliations, statement_rows

log = structlog.get_logger()

WANTED, OVER = StatementReceipt(is_wanted=True), StatementReceipt(is_wanted=False)


async def take_page(deps: Deps, statement_no: str, page: StatementPage) -> StatementReceipt:
    """Stage a page; with the last one the statement is compared next. The same page again is
    harmless.

    Raises ReconciliationNotFound.
    """
    now = deps.clock()
    own = [find_own(row) for row in page.rows]
    async with deps.db.transaction() as tx:
        reconciliation = await _lock_current(tx, statement_no, page.round)
        if reconciliation is None:
            return OVER
        if not await statement_rows.add_page(tx, reconciliation, page.first_row, own):
            return WANTED
        received = reconciliation.rows_received + len(page.rows)
        await reconciliations.note_page(
            tx, reconciliation, received=received, again=now + schedule.LEASE
        )
        if received < page.total_rows:
            return WANTED
        await reconciliations.complete(tx, reconciliation, now=now)
    log.info("reconciliation.statement_came", statement_no=statement_no, rows=received)
    return WANTED


async def take_none(deps: Deps, statement_no: str, refusal: NoStatement) -> StatementReceipt:
    """Ask again later, or never of a channel without statements. Raises ReconciliationNotFound."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        reconciliation = await _lock_current(tx, statement_no, refusal.round)
        if reconciliation is None:
            return OVER
        again = None
        if not refusal.is_final:
            again = schedule.next_try(reconciliation.day, reconciliation.attempts, now)
        await reconciliations.note_none(
            tx, reconciliation, note=f"{refusal.code}: {refusal.message}", again=again
        )
    log.info(
        "reconciliation.no_statement", statement_no=statement_no, code=refusal.code, again=again
    )
    return WANTED


async def _lock_current(tx: Tx, statement_no: str, round_no: int) -> Reconciliation | None:
    """None where this round is over: another one has begun, or all its rows are here."""
    reconciliation = await reconciliations.lock(tx, statement_no)
    if reconciliation is None:
        raise ReconciliationNotFound(statement_no)
    is_current = (
        reconciliation.state is ReconciliationState.FETCHING and reconciliation.round == round_no
    )
    return reconciliation if is_current else None
