"""A channel's statement of a day (渠道账单): fetched, or brought by a person, and handed to
trade-core page by page."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final

import structlog

from chassis.problems import FieldError, InvalidRequest, Problem
from contracts import internal
from contracts.events.commands import FetchStatement
from contracts.internal import (
    MAX_PAGE_ROWS,
    BeginUpload,
    NoStatement,
    StatementPage,
    StatementReceipt,
    UploadedStatement,
    UploadRound,
    UploadStatement,
)
from gateway.calling.enquiries import fetch_statement
from gateway.calling.file_threads import beside_the_loop
from gateway.channels.formats import BEIJING
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Outcome,
    Statement,
    StatementRequest,
    StatementRow,
    Unknown,
    UnreadableFile,
)
from gateway.channels.statement_rows import with_whole_fees
from gateway.directory import ChannelAccount
from gateway.domain.errors import NotHere
from gateway.flows.deps import Deps

log = structlog.get_logger()

TO_UPLOAD: Final = ("to_upload", "people upload the statements of this channel")
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
            is_wanted = await _hand_over(deps, command.statement_no, command.round, outcome.rows)
            return "delivered" if is_wanted else "superseded"
        return await _say_none(deps, command, account, outcome)
    except Problem as problem:
        log.warning(
            "statement.not_delivered", statement_no=command.statement_no, reason=problem.code
        )
        return "not_delivered"


async def take_file(deps: Deps, account_id: str, upload: UploadStatement) -> UploadedStatement:
    """The statement of a day as a person brought it, also of a disabled account. What trade-core
    did not take of it is missing there as before: the same file can be brought again.

    Raises NotHere, InvalidRequest with the reason at `/content`, also where another file came at
    the same time, and the Problems of trade-core.
    """
    account = deps.directory.find_account(account_id)
    if account is None:
        raise NotHere("channel account")
    sha256, listed, rows = await beside_the_loop(_read, account, upload)
    begun = await deps.trade_core.post(
        UploadRound,
        "/internal/reconciliations/uploads",
        body=BeginUpload(
            merchant_id=account.merchant_id,
            payment_id=account.account_id,
            channel=account.channel,
            day=upload.day,
            sha256=sha256,
        ),
    )
    if not begun.is_repeat and not await _hand_over(deps, begun.statement_no, begun.round, rows):
        raise _no_file(
            "同一天的另一个文件正在上传，请稍后再试", "came together with another one of the day"
        )
    left_out = listed - len(rows)
    log.info(
        "statement.uploaded",
        statement_no=begun.statement_no, rows=len(rows), left_out=left_out, sha256=sha256,
    )  # fmt: skip
    return UploadedStatement(
        statement_no=begun.statement_no,
        sha256=sha256,
        rows=len(rows),
        unreadable_rows=sum(row.kind == "unreadable" for row in rows),
        rows_of_other_days=left_out,
        is_repeat=begun.is_repeat,
    )


def _read(account: ChannelAccount, upload: UploadStatement) -> tuple[str, int, list[StatementRow]]:
    """The file's hash, how many rows it lists, and those of the day, their fees whole."""
    raw = _content(upload)
    listed = _rows(account, raw, upload)
    rows = with_whole_fees(_of_day(upload.day, listed))
    return hashlib.sha256(raw).hexdigest(), len(listed), rows


def _content(upload: UploadStatement) -> bytes:
    try:
        return base64.b64decode(upload.content, validate=True)
    except binascii.Error as error:
        raise _no_file("不是 base64", "is not base64") from error


def _rows(account: ChannelAccount, raw: bytes, upload: UploadStatement) -> list[StatementRow]:
    file = account.plugin.statement_file
    if file is None:
        raise _no_file(
            "这个渠道的账单由系统自动获取", "of this channel is fetched, and never uploaded"
        )
    try:
        return file.read(raw, StatementRequest(upload.day, "trade"), account.opened)
    except UnreadableFile as error:
        raise _no_file(error.words.zh, error.words.en) from error


def _of_day(day: date, listed: Sequence[StatementRow]) -> list[StatementRow]:
    """A file of several days is brought once for each: what it lists of the others would be booked
    with theirs, too. A row that names neither day nor time is taken for one of the day.

    Raises InvalidRequest where all of it is of other days.
    """
    days = [row.day or (row.at and row.at.astimezone(BEIJING).date()) for row in listed]
    stated = {each for each in days if each is not None}
    if stated and day not in stated:
        raise _no_file(
            f"文件里没有 {day} 的交易，是另一天的：{min(stated)}。",
            f"holds nothing of {day}; it is of {min(stated)}",
        )
    return [row for row, its_day in zip(listed, days, strict=True) if its_day in (None, day)]


def _no_file(zh: str, en: str) -> InvalidRequest:
    fault = FieldError("/content", en, zh)
    return InvalidRequest("The file cannot be used.", errors=[fault])


async def _hand_over(
    deps: Deps, statement_no: str, round_no: int, rows: Sequence[StatementRow]
) -> bool:
    """Page by page; an empty statement is one empty page. False where another round has begun."""
    for first in range(0, len(rows) or 1, MAX_PAGE_ROWS):
        page = StatementPage(
            round=round_no,
            first_row=first,
            total_rows=len(rows),
            rows=[_row(row) for row in rows[first : first + MAX_PAGE_ROWS]],
        )
        path = f"/internal/statements/{statement_no}/rows"
        receipt = await deps.trade_core.post(StatementReceipt, path, body=page)
        if not receipt.is_wanted:
            return False
    return True


async def _say_none(
    deps: Deps, command: FetchStatement, account: ChannelAccount, outcome: Outcome
) -> str:
    plugin = account.plugin
    is_uploaded = plugin.statement_file is not None
    code, message = TO_UPLOAD if is_uploaded else SENSELESS
    if isinstance(outcome, Declined | NotSent | Unknown) and not is_uploaded:
        code, message = outcome.code, outcome.message
    none = NoStatement(
        round=command.round,
        is_final=plugin.statements is None and not is_uploaded,
        is_uploaded=is_uploaded,
        code=code,
        message=message,
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
        queried_as=row.queried_as,
    )
