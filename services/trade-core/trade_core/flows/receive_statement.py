"""What the gateway brings of a channel statement: its rows page by page, or that there is none.

A file that a person uploads comes the same way, in a round of its own: a newer one takes the place
of an older one, and the same one again is harmless.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from chassis.database import Tx
from contracts.internal import (
    BeginUpload,
    NoStatement,
    ReconciliationState,
    StatementPage,
    StatementReceipt,
    UploadRound,
)
from trade_core.domain import reconciliation as schedule
from trade_core.domain.operator_errors import NoStatementOfDay, ReconciliationNotFound
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.reconciling import find_own
from trade_core.flows.deps import Deps
from trade_core.store import comparing, reconciliations, statement_rows, uploaded_statements

log = structlog.get_logger()

NOTHING_LISTED: Final = "empty: nothing is listed yet of a day on which something was booked"

WANTED, OVER = StatementReceipt(is_wanted=True), StatementReceipt(is_wanted=False)


async def begin_upload(deps: Deps, upload: BeginUpload) -> UploadRound:
    """The round in which the rows of a person's file are taken; what was begun before is over.

    Raises NoStatementOfDay for a day that is too old, or has not begun.
    """
    now = deps.clock()
    if not schedule.may_have_statement(upload.day, now):
        raise NoStatementOfDay(upload.day)
    async with deps.db.transaction() as tx:
        was = await reconciliations.lock(tx, await uploaded_statements.ensure(tx, upload))
        assert was is not None  # It was made just now.
        if was.has_file(upload.sha256, now):
            return UploadRound(statement_no=was.statement_no, round=was.round, is_repeat=True)
        begun = replace(was, round=was.round + 1, attempts=0)
        await uploaded_statements.begin_upload(
            tx, begun, upload.sha256, now=now, due_at=now + schedule.LEASE
        )
    log.info("reconciliation.upload_begun", statement_no=was.statement_no, sha256=upload.sha256)
    return UploadRound(statement_no=was.statement_no, round=begun.round, is_repeat=False)


async def take_page(deps: Deps, statement_no: str, page: StatementPage) -> StatementReceipt:
    """Stage a page; with the last one the statement is compared next. The same page again is
    harmless. One without rows that our books contradict is asked for again.

    Raises ReconciliationNotFound.
    """
    now = deps.clock()
    own = [find_own(row) for row in page.rows]
    async with deps.db.transaction() as tx:
        reconciliation = await _lock_current(tx, statement_no, page.round)
        if reconciliation is None:
            return OVER
        if page.total_rows == 0 and await _is_doubted(tx, reconciliation, now):
            due_at = schedule.next_try(reconciliation.day, reconciliation.attempts, now)
            await reconciliations.note_none(tx, reconciliation, note=NOTHING_LISTED, due_at=due_at)
            return WANTED
        if not await statement_rows.add_page(tx, reconciliation, page.first_row, own):
            return WANTED
        received = reconciliation.rows_received + len(page.rows)
        await reconciliations.note_page(
            tx, reconciliation, received=received, due_at=now + schedule.LEASE
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
        due_at = await _note_none(tx, reconciliation, refusal, now)
    log.info(
        "reconciliation.no_statement", statement_no=statement_no, code=refusal.code, due_at=due_at
    )
    return WANTED


async def _is_doubted(tx: Tx, reconciliation: Reconciliation, now: datetime) -> bool:
    """What a person brought is their word for the day."""
    side = schedule.doubted_side(reconciliation, now)
    if side is None or reconciliation.round == reconciliation.file_round:
        return False
    return await comparing.is_missing_any(tx, reconciliation, side)


async def _note_none(
    tx: Tx, reconciliation: Reconciliation, refusal: NoStatement, now: datetime
) -> datetime | None:
    """Answers when it is looked at again."""
    note = f"{refusal.code}: {refusal.message}"
    if refusal.is_uploaded and reconciliation.is_uploaded(now):
        await uploaded_statements.compare_again(tx, reconciliation, now)
        return now
    if refusal.is_uploaded:
        due_at = schedule.reminded_at(reconciliation.day, now)
        await uploaded_statements.note_to_upload(tx, reconciliation, note=note, due_at=due_at)
        return due_at
    due_at = None
    if not refusal.is_final:
        due_at = schedule.next_try(reconciliation.day, reconciliation.attempts, now)
    await reconciliations.note_none(tx, reconciliation, note=note, due_at=due_at)
    return due_at


async def _lock_current(tx: Tx, statement_no: str, round_no: int) -> Reconciliation | None:
    """None where this round is over: another one has begun, or all its rows are here."""
    reconciliation = await reconciliations.lock(tx, statement_no)
    if reconciliation is None:
        raise ReconciliationNotFound(statement_no)
    is_current = (
        reconciliation.state is ReconciliationState.FETCHING and reconciliation.round == round_no
    )
    return reconciliation if is_current else None
