"""A channel's statement of a day (对账单): fetched, and handed to trade-core page by page."""

from typing import Final

import structlog

from chassis.problems import Problem
from contracts import internal
from contracts.events.commands import FetchStatement
from contracts.internal import MAX_PAGE_ROWS, NoStatement, StatementPage, StatementReceipt
from gateway.calling.enquiries import fetch_statement
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Outcome,
    Statement,
    StatementRequest,
    StatementRow,
    Unknown,
)
from gateway.directory import ChannelAccount
from gateway.flows.deps import Deps

log = structlog.get_logger()

SENSELESS: Final = ("senseless", "the channel answered with something else")


async def fetch(deps: Deps, command: FetchStatement) -> str:
    """Carry the command out, also for a disabled account; answers what came of it.

    Never raises. What trade-core did not take, it asks for again when its lease is over.
    """
    account = deps.directory.find_account(command.payment_id)
    if account is None or account.channel != command.channel:
        log.error("command.account_unknown", payment_id=command.payment_id)
        return "account_unknown"
    outcome = await fetch_statement(deps.executor, account, StatementRequest(command.day, "trade"))
    try:
        if isinstance(outcome, Statement):
            return await _hand_over(deps, command, outcome)
        return await _say_none(deps, command, account, outcome)
    except Problem as problem:
        log.warning(
            "statement.not_delivered", statement_no=command.statement_no, reason=problem.code
        )
        return "not_delivered"


async def _hand_over(deps: Deps, command: FetchStatement, statement: Statement) -> str:
    """Page by page; an empty statement is one empty page."""
    for first in range(0, len(statement.rows) or 1, MAX_PAGE_ROWS):
        page = StatementPage(
            round=command.round,
            first_row=first,
            total_rows=len(statement.rows),
            rows=[_row(row) for row in statement.rows[first : first + MAX_PAGE_ROWS]],
        )
        path = f"/internal/statements/{command.statement_no}/rows"
        receipt = await deps.trade_core.post(StatementReceipt, path, body=page)
        if not receipt.is_wanted:
            return "superseded"
    return "delivered"


async def _say_none(
    deps: Deps, command: FetchStatement, account: ChannelAccount, outcome: Outcome
) -> str:
    code, message = SENSELESS
    if isinstance(outcome, Declined | NotSent | Unknown):
        code, message = outcome.code, outcome.message
    none = NoStatement(
        round=command.round, is_final=account.plugin.statements is None, code=code, message=message
    )
    path = f"/internal/statements/{command.statement_no}/none"
    await deps.trade_core.post(StatementReceipt, path, body=none)
    return "none"


def _row(row: StatementRow) -> internal.StatementRow:
    return internal.StatementRow(
        kind=row.kind,
        payment_no=row.payment_no,
        refund_no=row.refund_no,
        channel_no=row.channel_no,
        amount=row.amount.amount_minor,
        currency=row.amount.currency,
        fee=row.fee,
        at=row.at,
        status=row.status,
        raw=row.raw,
        line=row.line,
    )
