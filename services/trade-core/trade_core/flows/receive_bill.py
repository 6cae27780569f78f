"""What the gateway brings of a channel's bill: its rows page by page, or that there is none."""

import structlog

from chassis.database import Tx
from contracts.internal import BillPage, BillReceipt, NoBill, ReconciliationState
from trade_core.domain import statement as schedule
from trade_core.domain.errors import StatementNotFound
from trade_core.domain.reconciling import find_own
from trade_core.domain.statement import Statement
from trade_core.flows.deps import Deps
from trade_core.store import bill_rows, statements

log = structlog.get_logger()

WANTED, OVER = BillReceipt(is_wanted=True), BillReceipt(is_wanted=False)


async def take_page(deps: Deps, statement_no: str, page: BillPage) -> BillReceipt:
    """Stage a page; with the last one the bill is compared next. The same page again is harmless.

    Raises StatementNotFound.
    """
    now = deps.clock()
    own = [find_own(row) for row in page.rows]
    async with deps.db.transaction() as tx:
        statement = await _lock_current(tx, statement_no, page.round)
        if statement is None:
            return OVER
        if not await bill_rows.add_page(tx, statement, page.first_row, own):
            return WANTED
        received = statement.rows_received + len(page.rows)
        await statements.note_page(tx, statement, received=received, again=now + schedule.LEASE)
        if received < page.total_rows:
            return WANTED
        await statements.complete(tx, statement, now=now)
    log.info("reconciliation.bill_came", statement_no=statement_no, rows=received)
    return WANTED


async def take_none(deps: Deps, statement_no: str, said: NoBill) -> BillReceipt:
    """Ask again later, or never where the channel has no bills. Raises StatementNotFound."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        statement = await _lock_current(tx, statement_no, said.round)
        if statement is None:
            return OVER
        again = None
        if not said.is_final:
            again = schedule.next_try(statement.day, statement.attempts, now)
        await statements.note_none(tx, statement, note=f"{said.code}: {said.message}", again=again)
    log.info("reconciliation.no_bill", statement_no=statement_no, code=said.code, again=again)
    return WANTED


async def _lock_current(tx: Tx, statement_no: str, round_no: int) -> Statement | None:
    """None where this round is over: another one has begun, or all its rows are here."""
    statement = await statements.lock(tx, statement_no)
    if statement is None:
        raise StatementNotFound(statement_no)
    is_current = statement.state is ReconciliationState.FETCHING and statement.round == round_no
    return statement if is_current else None
