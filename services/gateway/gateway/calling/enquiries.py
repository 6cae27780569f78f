"""What channels are asked beside money: a statement, who pays, whether credentials are good.

Each has another kind of answer than the five outcomes. Nothing here raises but where it says so.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import structlog

from gateway.calling.executor import Executor, unread
from gateway.calling.file_threads import beside_the_loop
from gateway.calling.metrics import place
from gateway.channels.formats import UNREADABLE
from gateway.channels.plugin import (
    Answer,
    Call,
    NotSent,
    Outcome,
    Pending,
    Reply,
    Statement,
    StatementPage,
    StatementPlace,
    StatementRequest,
    StatementRow,
    Statements,
    Succeeded,
    Trade,
    Trial,
    Unknown,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.statement_rows import with_whole_fees
from gateway.directory import ChannelAccount

log = structlog.get_logger()

STATEMENT_TIMEOUT_S: Final = 60.0

MAX_STATEMENT_PAGES: Final = 2_000
"""Of a hundred rows or so each: a day of a channel that tells its statement piece by piece."""

LOGIN_LIMIT_S: Final = 5.0
"""The payer waits for it; their code is worth one exchange, so nothing is repeated."""


async def fetch_statement(
    executor: Executor, account: ChannelAccount, requested: StatementRequest
) -> Statement | Outcome:
    """The channel's statement of a day, its fees whole; anything but a Statement says why there is
    none."""
    started = executor.monotonic()
    fetched = await _fetch(executor, account, requested)
    outcome = Succeeded() if isinstance(fetched, Statement) else fetched
    executor.report(account, "bill", outcome, started)
    return fetched


async def identify(
    executor: Executor, account: ChannelAccount, code: str
) -> str | NotSent | Unknown:
    """The payer, as the wallet names them to this account, whose browser came back with this code.
    Raises NotIdentified where the wallet does not say."""
    login, opened = account.plugin.login, account.opened
    if login is None:
        return NotSent("no_login", "this channel cannot say who pays", is_spoken=False)
    # Another server of the channel, which may hang while payments go well.
    reply = await executor.send(
        account, lambda: login.request(code, opened, executor.moment()), LOGIN_LIMIT_S, "/login"
    )
    if not isinstance(reply, Reply):
        return reply
    try:
        return login.payer(reply, opened, executor.moment())
    except (Unverifiable, *UNREADABLE) as error:
        return unread(account, error, "the answer makes no sense")


async def try_out(executor: Executor, account: ChannelAccount, trade: Trade) -> Trial:
    """What the answer about a payment that cannot exist, or about the account itself, tells of the
    credentials."""
    plugin, opened = account.plugin, account.opened
    try:
        ask_of_account = plugin.trial_call
        call = ask_of_account(opened) if ask_of_account else plugin.query.call(trade, opened)
        reply = await executor.send(
            account, lambda: plugin.wire.sign(call, opened, executor.moment()), call.timeout_s
        )
        if not isinstance(reply, Reply):
            return Trial(False, reply.code, reply.message)
        return await _tried(executor, account, reply, call)
    except Unverifiable as error:
        name = error.name if isinstance(error, UnknownKey) else None
        blame = None if name is None else plugin.unknown_key(opened, name)
        if blame is not None:
            return Trial.blaming(blame, "unverifiable", str(error))
        return Trial(False, "unverifiable", str(error), plugin.channel_key(opened))
    except UNREADABLE as error:
        log.warning("channel.unreadable", channel=account.channel, error=place(error))
        return Trial(False, "unreadable", "the answer makes no sense")


async def _fetch(
    executor: Executor, account: ChannelAccount, requested: StatementRequest
) -> Statement | Outcome:
    statements = account.plugin.statements
    if statements is None or requested.kind not in statements.kinds:
        return NotSent("no_bill", "this channel has no such statement", is_spoken=False)
    try:
        found = await _placed(executor, account, statements, requested)
        if isinstance(found, StatementPlace):
            found = await _downloaded(executor, account, statements, found, requested)
    except (Unverifiable, *UNREADABLE) as error:
        return unread(account, error, "the statement makes no sense")
    if isinstance(found, Pending) and not found.found:
        return Statement(())
    return found


async def _placed(
    executor: Executor,
    account: ChannelAccount,
    statements: Statements[Any],
    requested: StatementRequest,
) -> StatementPlace | Statement | Outcome:
    """Where the file lies, or all of what the channel tells in its answers."""
    rows: list[StatementRow] = []
    for _ in range(MAX_STATEMENT_PAGES):
        answer = await executor.ask(account, statements.call, _as_it_is, requested)
        if not isinstance(answer, Answer):
            return answer
        page = await beside_the_loop(statements.place, answer, requested, account.opened)
        if isinstance(page, Statement):
            return await beside_the_loop(_whole, (*rows, *page.rows))
        if not isinstance(page, StatementPage):
            return page
        rows += page.rows
        requested = replace(requested, after=page.after)
    return Unknown("too_long", "the statement does not end", is_spoken=False)


async def _downloaded(
    executor: Executor,
    account: ChannelAccount,
    statements: Statements[Any],
    spot: StatementPlace,
    requested: StatementRequest,
) -> Statement | NotSent | Unknown:
    read, download, opened = statements.read, statements.download, account.opened
    if read is None or download is None:
        return NotSent("no_bill", "its files cannot be read", is_spoken=False)
    reply = await executor.send(
        account, lambda: download(spot, opened, executor.moment()), STATEMENT_TIMEOUT_S
    )
    if not isinstance(reply, Reply):
        return reply
    return await beside_the_loop(lambda: _whole(read(reply, spot, requested, opened)))


def _as_it_is(answer: Answer, *_: object) -> Answer:
    return answer


def _whole(rows: Iterable[StatementRow]) -> Statement:
    return Statement(tuple(with_whole_fees(rows)))


async def _tried(executor: Executor, account: ChannelAccount, reply: Reply, call: Call) -> Trial:
    read = account.plugin.trial
    try:
        return read(reply, call, account.opened, executor.moment())
    except UnknownKey as unknown:
        await executor.keys.renew(account, unknown.name)
        return read(reply, call, account.opened, executor.moment())
