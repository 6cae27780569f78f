"""The one place that talks to channels: sends what plugins sign, and says which of five it was.

Whatever goes wrong ends as one of the five outcomes and never as an exception: before the request
left it is NotSent, after that Unknown. Plugins stay pure; clock, network and limits are here. What
is asked beside money (a statement, who pays, whether credentials are good): `enquiries`.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from prometheus_client import Counter

from chassis.problems import Problem
from contracts.events.alerts import Alert
from gateway.calling.bulkhead import SHORTEST_S, Bulkheads, inexpressible
from gateway.calling.key_renewal import Renewal
from gateway.calling.metrics import SuccessRates, note, place
from gateway.calling.money_back import MoneyBack
from gateway.calling.serials import Serials
from gateway.calling.transport import Transport
from gateway.calling.unlisted_codes import UnlistedCodes
from gateway.channels.formats import UNREADABLE
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    HandOver,
    Moment,
    NotAnswered,
    Notified,
    NotSent,
    Operation,
    Outcome,
    PayOrder,
    Pending,
    Question,
    RawNotification,
    Refunding,
    Reply,
    SplitReturning,
    Splitting,
    Succeeded,
    Trade,
    Unknown,
    UnknownKey,
    Unverifiable,
    Word,
    dated,
)
from gateway.directory import ChannelAccount

log = structlog.get_logger()

REPEATS = Counter(
    "paymesh_channel_repeats", "Initiations sent again with the same number", ["channel"]
)

PAY_LIMIT_S: Final = 10.0
"""How long an app waits for its channel, all repeats together."""

PAUSES_S: Final = (0.3, 1.2)
"""Before each repeat of an initiation; a channel that is still in trouble after them is asked by
query."""

MAX_PAGES: Final = 40
"""After the first, of a hundred rows each: what a busy account of Stripe makes in the forty seconds
around a payment, at the most that Stripe takes."""

SubjectT = TypeVar("SubjectT")
OutcomeT = TypeVar("OutcomeT")


class Executor:
    """`now` is the wall clock for signatures, `monotonic` measures, `tell` alerts people, `pause`
    waits so many seconds, `serials` gives numbers to channels that need short ones.

    `keys` learns the channels' own keys in use; `send` is one signed request within the account's
    limits."""

    def __init__(
        self,
        transport: Transport,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        tell: Callable[[Alert], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        serials: Serials | None = None,
    ) -> None:
        self._serials = serials
        self._unlisted = UnlistedCodes(tell)
        self._success = SuccessRates(tell)
        self._now = now
        self._pause = pause
        self.monotonic = monotonic
        bulkheads = Bulkheads(transport, monotonic, tell)
        self.has_place, self.send = bulkheads.has_place, bulkheads.send
        self.keys = Renewal(self.send, moment=self.moment, monotonic=monotonic)

    async def pay(self, account: ChannelAccount, order: PayOrder) -> Outcome:
        """Initiate the payment, by a method that the plugin has; repeated while the channel asks
        for that and the time of the app allows it.

        Only initiations are: whoever waits for them cannot wait for trade-core's clock. Refunds,
        closes and queries are asked again by that clock, with the same number too.
        """
        method = account.plugin.methods[order.method]
        if isinstance(method, HandOver):
            outcome = self._hand_over(account, method, order)
            note(account, "pay", outcome, 0.0)
            return outcome
        started = self.monotonic()
        until = started + PAY_LIMIT_S
        numbered = await self._with_serial(account, order, draw=True)
        if isinstance(numbered, NotSent):
            self.report(account, "pay", numbered, started)
            return numbered
        outcome = await self.ask(account, method.call, method.outcome, numbered)
        for pause_s in PAUSES_S:
            if not _passes(outcome) or self.monotonic() + pause_s + SHORTEST_S > until:
                break
            await self._pause(pause_s)
            REPEATS.labels(account.channel).inc()
            limit_s = until - self.monotonic()
            repeated = await self.ask(
                account, method.call, method.outcome, numbered, limit_s=limit_s
            )
            outcome = _together(outcome, repeated)
        self.report(account, "pay", outcome, started)
        return outcome

    async def query(self, account: ChannelAccount, trade: Trade) -> Outcome:
        """Ask how the payment stands, also by how an earlier release named it."""
        outcome = await self._run(account, "query", account.plugin.query, trade)
        former = account.plugin.former_query
        if former is None or not former.is_for(trade, outcome):
            return outcome
        return await self._run(account, "query", former.query, trade)

    async def close(self, account: ChannelAccount, trade: Trade) -> Outcome:
        """End the payment, so that nobody can pay it any more."""
        operation = account.plugin.closing(trade.method)
        if operation is None:
            return NotSent("no_close", "this channel cannot close", is_spoken=False)
        return await self._run(account, "close", operation, trade)

    async def refund(self, account: ChannelAccount, refunding: Refunding) -> Outcome:
        """Send the refund; to be repeated with the same number until its outcome is known."""
        return await self._money_back(account, refunding).send()

    async def query_refund(self, account: ChannelAccount, refunding: Refunding) -> Outcome:
        """Ask how the refund stands."""
        return await self._money_back(account, refunding).query()

    async def refund_abnormal(self, account: ChannelAccount, refunding: Refunding) -> Outcome:
        """Send a refund that the payer's account did not take to the merchant's own."""
        operation = account.plugin.refund_abnormal
        if operation is None:
            return NotSent("no_way", "this channel leaves that to people", is_spoken=False)
        return await self._run(account, "refund_abnormal", operation, refunding)

    async def split(self, account: ChannelAccount, splitting: Splitting) -> Outcome:
        """Divide a payment; to be repeated with the same number until its outcome is known."""
        splits = account.plugin.splits
        if splits is None:
            return Declined("no_splits", "this channel cannot split")
        return await self._run(account, "split", splits.split, splitting)

    async def query_split(self, account: ChannelAccount, splitting: Splitting) -> Outcome:
        """Ask how the split stands."""
        splits = account.plugin.splits
        if splits is None:
            return Declined("no_splits", "this channel cannot split")
        return await self._run(account, "query_split", splits.query, splitting)

    async def return_split(self, account: ChannelAccount, asked: SplitReturning) -> Outcome:
        """Have a receiver give back, where the channel asks each by itself; the same call again
        tells how it stands."""
        splits = account.plugin.splits
        returns = splits.return_split if splits is not None else None
        if splits is None or returns is None or not splits.gives_back(asked.share.account):
            return Declined("no_return", "this receiver cannot be asked to give back")
        return await self._run(account, "call_back", returns, asked)

    async def read_notification(
        self, account: ChannelAccount, raw: RawNotification
    ) -> list[Notified]:
        """What the channel tells, and when. Raises Unverifiable, or one of `UNREADABLE`; and
        NotAnswered where the channel must be asked, and does not say."""
        read, moment = account.plugin.notifications.read, self.moment()
        try:
            notified = read(raw, account.opened, moment)
        except UnknownKey as unknown:
            await self.keys.renew(account, unknown.name)
            notified = read(raw, account.opened, self.moment())
        except Question as question:
            return await self._answered(account, question)
        return [dated(each, received_at=moment.now) for each in notified]

    def moment(self) -> Moment:
        """Now, with a fresh nonce of 32 letters and digits."""
        return Moment(self._now(), os.urandom(16).hex())

    async def ask(
        self,
        account: ChannelAccount,
        write: Callable[[SubjectT, Any], Call],
        read: Callable[[Answer, SubjectT, Any], OutcomeT],
        subject: SubjectT,
        *,
        limit_s: float | None = None,
    ) -> OutcomeT | NotSent | Unknown:
        """One question to the channel and its answer, as `read` understands it: signed, sent,
        verified, read; an outcome is dated. `limit_s`: less time than the call says."""
        asked_at, opened, sign = self._now(), account.opened, account.plugin.wire.sign
        outcome: OutcomeT | NotSent | Unknown
        try:
            call = write(subject, opened)
        except UNREADABLE as error:
            return _at(inexpressible(account, error), asked_at, self._now())
        timeout_s = call.timeout_s if limit_s is None else min(call.timeout_s, limit_s)
        reply = await self.send(account, lambda: sign(call, opened, self.moment()), timeout_s)
        if not isinstance(reply, Reply):
            return _at(reply, asked_at, self._now())
        try:
            outcome = read(await self._verified(account, reply, call), subject, account.opened)
        except (Unverifiable, *UNREADABLE) as error:
            outcome = unread(account, error, "the answer makes no sense")
        return _at(outcome, asked_at, self._now())

    def report(self, account: ChannelAccount, name: str, outcome: Outcome, started: float) -> None:
        """Count and log what came of it; `started` by `monotonic`."""
        if isinstance(outcome, Unknown):
            self._unlisted.note(account.channel, name, outcome)
        now_s = self.monotonic()
        if name == "pay":
            self._success.note(account, outcome, now_s)
        note(account, name, outcome, now_s - started)

    async def _answered(self, account: ChannelAccount, asked: Question) -> list[Notified]:
        asked_at, read = self._now(), asked.read
        answered = await self.ask(
            account, lambda *_: asked.call, lambda answer, _, opened: read(answer, opened), asked
        )
        if isinstance(answered, NotSent | Unknown):
            raise NotAnswered(f"{answered.code}: {answered.message}")
        return [replace(one, outcome=_at(one.outcome, asked_at, self._now())) for one in answered]

    def _money_back(self, account: ChannelAccount, refunding: Refunding) -> MoneyBack:
        return MoneyBack(
            account.plugin,
            refunding,
            lambda name, operation, asked: self._run(account, name, operation, asked),
        )

    def _hand_over(
        self, account: ChannelAccount, method: HandOver[Any], order: PayOrder
    ) -> Outcome:
        opened = account.opened
        try:
            call, moment = method.call(order, opened), self.moment()
            handed = method.outcome(account.plugin.wire.sign(call, opened, moment))
            return replace(handed, asked_at=moment.now, said_at=moment.now)
        except UNREADABLE as error:
            return inexpressible(account, error)

    async def _run(
        self,
        account: ChannelAccount,
        name: str,
        operation: Operation[SubjectT, Any],
        subject: SubjectT,
    ) -> Outcome:
        started = self.monotonic()
        numbered = await self._with_serial(account, subject, draw=name in ("refund", "undo"))
        outcome: Outcome = (
            numbered
            if isinstance(numbered, NotSent)
            else await self._asked(account, operation, numbered)
        )
        self.report(account, name, outcome, started)
        return outcome

    async def _asked(
        self, account: ChannelAccount, operation: Operation[SubjectT, Any], subject: SubjectT
    ) -> Outcome:
        """Page by page, where the channel answers with a list: all of it is as old as the first."""
        outcome = await self.ask(account, operation.call, operation.outcome, subject)
        asked_at = outcome.asked_at
        for _ in range(MAX_PAGES):
            page = outcome.next_page if isinstance(outcome, Unknown) else None
            if page is None:
                break
            following = await self.ask(account, partial(_again, page), operation.outcome, subject)
            outcome = replace(following, asked_at=asked_at)
        return outcome

    async def _with_serial(
        self, account: ChannelAccount, subject: SubjectT, *, draw: bool
    ) -> SubjectT | NotSent:
        if self._serials is None or not account.plugin.has_serials:
            return subject
        try:
            return await self._serials.given(subject, draw=draw)
        except Problem as problem:
            return NotSent("no_serial", problem.detail, is_spoken=False)

    async def _verified(self, account: ChannelAccount, reply: Reply, call: Call) -> Answer:
        """A key that is not known is perhaps a new one: asked for once, then it is or is not."""
        verify = account.plugin.wire.verify
        try:
            return verify(reply, call, account.opened, self.moment())
        except UnknownKey as unknown:
            await self.keys.renew(account, unknown.name)
            return verify(reply, call, account.opened, self.moment())


def _again(page: Call, *_: object) -> Call:
    return page


def unread(account: ChannelAccount, error: Exception, words: str) -> Unknown:
    """What an answer is that cannot be verified or read."""
    if isinstance(error, Unverifiable):
        return Unknown("unverifiable", str(error), is_spoken=False)
    log.warning("channel.unreadable", channel=account.channel, error=place(error))
    return Unknown("unreadable", words, is_spoken=False)


def _at(outcome: OutcomeT, asked_at: datetime, said_at: datetime) -> OutcomeT:
    if not isinstance(outcome, Word):
        return outcome
    return replace(outcome, asked_at=asked_at, said_at=said_at)


def _passes(outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent | Unknown) and outcome.is_passing


def _together(before: Outcome, now: Outcome) -> Outcome:
    """Where the first call may have done its work, only a yes to the repeat says more: a no may be
    about the repeat alone."""
    if isinstance(before, Unknown) and not isinstance(now, Succeeded | Pending | Unknown):
        return before
    return now
