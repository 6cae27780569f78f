"""One question to a channel and its answer: signed, sent, verified, read, and dated.

Whatever goes wrong ends as an outcome: before the request left it is NotSent, after that Unknown.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

import structlog

from gateway.calling.bulkhead import Bulkheads, inexpressible
from gateway.calling.key_renewal import Renewal
from gateway.calling.metrics import place
from gateway.channels.plugin import (
    Answer,
    Call,
    Moment,
    NotSent,
    Outcome,
    Pending,
    Reply,
    Statement,
    StatementPlace,
    StatementRequest,
    Trade,
    Trial,
    Unknown,
    UnknownKey,
    Unverifiable,
    Word,
)
from gateway.channels.reading import UNREADABLE
from gateway.directory import ChannelAccount

log = structlog.get_logger()

STATEMENT_TIMEOUT_S: Final = 60.0

LOGIN_LIMIT_S: Final = 5.0
"""The payer waits for it; their code is worth one exchange, so nothing is repeated."""

SubjectT = TypeVar("SubjectT")
OutcomeT = TypeVar("OutcomeT")


class Exchange:
    """`moment` is the time, and a nonce, for each signature and each reading."""

    def __init__(self, bulkheads: Bulkheads, keys: Renewal, moment: Callable[[], Moment]) -> None:
        self._bulkheads = bulkheads
        self._keys = keys
        self._moment = moment

    async def ask(
        self,
        account: ChannelAccount,
        write: Callable[[SubjectT, Any], Call],
        read: Callable[[Answer, SubjectT, Any], OutcomeT],
        subject: SubjectT,
        *,
        limit_s: float | None = None,
    ) -> OutcomeT | NotSent | Unknown:
        """What the channel answers, as `read` understands it; its outcome is dated."""
        asked_at = self._moment().now
        outcome = await self._ask(account, write, read, subject, limit_s)
        if not isinstance(outcome, Word):
            return outcome
        return replace(outcome, asked_at=asked_at, said_at=self._moment().now)

    async def fetch_statement(
        self, account: ChannelAccount, requested: StatementRequest
    ) -> Statement | Outcome:
        """The file and its rows; anything but a Statement says why there is none."""
        statements = account.plugin.statements
        if statements is None or requested.kind not in statements.kinds:
            return NotSent("no_bill", "this channel has no such statement", is_spoken=False)
        spot = await self.ask(account, statements.call, statements.place, requested)
        if isinstance(spot, Pending) and not spot.found:
            return Statement(())
        if not isinstance(spot, StatementPlace):
            return spot
        read, download = statements.read, statements.download
        if read is None or download is None:
            raise TypeError(f"{account.channel} has a place of statements, and no way to read it")
        try:
            opened = self._keys.opened(account)
            reply = await self._bulkheads.send(
                account, lambda: download(spot, opened, self._moment()), STATEMENT_TIMEOUT_S
            )
            if not isinstance(reply, Reply):
                return reply
            # A large file takes seconds to read; payments must not wait for it.
            return Statement(tuple(await asyncio.to_thread(read, reply, spot, requested, opened)))
        except (Unverifiable, *UNREADABLE) as error:
            return _unread(account, error, "the statement makes no sense")

    async def identify(self, account: ChannelAccount, code: str) -> str | NotSent | Unknown:
        """The payer, as the wallet names them to this account. Raises NotIdentified."""
        login, opened = account.plugin.login, self._keys.opened(account)
        if login is None:
            return NotSent("no_login", "this channel cannot say who pays", is_spoken=False)
        # Another server of the channel, which may hang while payments go well.
        reply = await self._bulkheads.send(
            account, lambda: login.request(code, opened, self._moment()), LOGIN_LIMIT_S, "/login"
        )
        if not isinstance(reply, Reply):
            return reply
        try:
            return login.payer(reply, opened, self._moment())
        except (Unverifiable, *UNREADABLE) as error:
            return _unread(account, error, "the answer makes no sense")

    async def try_out(self, account: ChannelAccount, trade: Trade) -> Trial:
        """What the answer about a payment that cannot exist tells of the credentials."""
        plugin, opened = account.plugin, self._keys.opened(account)
        try:
            call = plugin.query.call(trade, opened)
            reply = await self._bulkheads.send(
                account, lambda: plugin.wire.sign(call, opened, self._moment()), call.timeout_s
            )
            if not isinstance(reply, Reply):
                return Trial(False, reply.code, reply.message)
            return await self._tried(account, reply, call)
        except Unverifiable as error:
            name = error.name if isinstance(error, UnknownKey) else None
            blame = None if name is None else plugin.unknown_key(opened, name)
            if blame is not None:
                return Trial.blaming(blame, "unverifiable", str(error))
            return Trial(False, "unverifiable", str(error), plugin.channel_key(opened))
        except UNREADABLE as error:
            log.warning("channel.unreadable", channel=account.channel, error=place(error))
            return Trial(False, "unreadable", "the answer makes no sense")

    async def _tried(self, account: ChannelAccount, reply: Reply, call: Call) -> Trial:
        read = account.plugin.trial
        try:
            return read(reply, call, self._keys.opened(account), self._moment())
        except UnknownKey as unknown:
            await self._keys.renew(account, unknown.name)
            return read(reply, call, self._keys.opened(account), self._moment())

    async def _ask(
        self,
        account: ChannelAccount,
        write: Callable[[SubjectT, Any], Call],
        read: Callable[[Answer, SubjectT, Any], OutcomeT],
        subject: SubjectT,
        limit_s: float | None,
    ) -> OutcomeT | NotSent | Unknown:
        opened = self._keys.opened(account)
        try:
            call = write(subject, opened)
        except UNREADABLE as error:
            return inexpressible(account, error)
        sign = account.plugin.wire.sign
        timeout_s = call.timeout_s if limit_s is None else min(call.timeout_s, limit_s)
        reply = await self._bulkheads.send(
            account, lambda: sign(call, opened, self._moment()), timeout_s
        )
        if not isinstance(reply, Reply):
            return reply
        try:
            answer = await self._verified(account, reply, call)
            return read(answer, subject, self._keys.opened(account))
        except (Unverifiable, *UNREADABLE) as error:
            return _unread(account, error, "the answer makes no sense")

    async def _verified(self, account: ChannelAccount, reply: Reply, call: Call) -> Answer:
        """A key that is not known is perhaps a new one: asked for once, then it is or is not."""
        verify = account.plugin.wire.verify
        try:
            return verify(reply, call, self._keys.opened(account), self._moment())
        except UnknownKey as unknown:
            await self._keys.renew(account, unknown.name)
            return verify(reply, call, self._keys.opened(account), self._moment())


def _unread(account: ChannelAccount, error: Exception, words: str) -> Unknown:
    if isinstance(error, Unverifiable):
        return Unknown("unverifiable", str(error), is_spoken=False)
    log.warning("channel.unreadable", channel=account.channel, error=place(error))
    return Unknown("unreadable", words, is_spoken=False)
