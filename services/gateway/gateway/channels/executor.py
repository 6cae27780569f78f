"""The one place that talks to channels: sends what plugins sign, and says which of five it was.

Whatever goes wrong ends as one of the five outcomes and never as an exception: before the request
left it is NotSent, after that Unknown. Plugins stay pure; clock, network and limits are here.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog

from contracts.events.alerts import Alert
from gateway.channels.lanes import Lanes, inexpressible
from gateway.channels.plugin import (
    Answer,
    Bill,
    BillPlace,
    Call,
    CallingBack,
    Declined,
    HandOver,
    Moment,
    Noticed,
    NotSent,
    Operation,
    Outcome,
    PayOrder,
    Pending,
    RawNotice,
    Refunding,
    Reply,
    Splitting,
    StatementRequest,
    Succeeded,
    Trade,
    Unknown,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.reading import UNREADABLE
from gateway.channels.renewal import Renewal
from gateway.channels.repeating import Repeating
from gateway.channels.reporting import note, place
from gateway.channels.transport import Transport
from gateway.channels.unlisted import Unlisted
from gateway.directory import ChannelAccount

log = structlog.get_logger()

PAY_LIMIT_S: Final = 10.0
"""How long an app waits for its channel, all repeats together."""

BILL_TIMEOUT_S: Final = 60.0

SubjectT = TypeVar("SubjectT")
SaidT = TypeVar("SaidT")


class Executor:
    """`now` is the wall clock for signatures, `monotonic` measures, `tell` alerts people, `pause`
    waits so many seconds."""

    def __init__(
        self,
        transport: Transport,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        tell: Callable[[Alert], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._unlisted = Unlisted(tell)
        self._now = now
        self._monotonic = monotonic
        self._lanes = Lanes(transport, monotonic, tell)
        self._repeating = Repeating(monotonic=monotonic, pause=pause)
        self._keys = Renewal(self._lanes.send, moment=self.moment, monotonic=monotonic)

    async def pay(self, account: ChannelAccount, order: PayOrder) -> Outcome:
        """Initiate the payment, by a method that the plugin has; repeated while the channel asks
        for that and the time of the app allows it."""
        method = account.plugin.methods[order.method]
        if isinstance(method, HandOver):
            outcome = self._hand_over(account, method, order)
            note(account, "pay", outcome, 0.0)
            return outcome
        call, read = method.call, method.outcome

        async def ask(limit_s: float | None) -> Outcome:
            return await self._ask(account, call, read, order, limit_s=limit_s)

        started = self._monotonic()
        outcome = await self._repeating.run(account.channel, ask, PAY_LIMIT_S)
        self._report(account, "pay", outcome, started)
        return outcome

    async def query(self, account: ChannelAccount, trade: Trade) -> Outcome:
        """Ask how the payment stands."""
        return await self._run(account, "query", account.plugin.query, trade)

    async def close(self, account: ChannelAccount, trade: Trade) -> Outcome:
        """End the payment, so that nobody can pay it any more."""
        if account.plugin.close is None:
            return NotSent("no_close", "this channel cannot close", is_spoken=False)
        return await self._run(account, "close", account.plugin.close, trade)

    async def refund(self, account: ChannelAccount, refunding: Refunding) -> Outcome:
        """Send the refund; to be repeated with the same number until its outcome is known."""
        return await self._run(account, "refund", account.plugin.refund, refunding)

    async def query_refund(self, account: ChannelAccount, refunding: Refunding) -> Outcome:
        """Ask how the refund stands."""
        return await self._run(account, "query_refund", account.plugin.query_refund, refunding)

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

    async def call_back(self, account: ChannelAccount, asked: CallingBack) -> Outcome:
        """Have a receiver give back, where the channel asks each by itself; the same call again
        tells how it stands."""
        splits = account.plugin.splits
        if splits is None or splits.call_back is None or not splits.gives_back(asked.share.account):
            return Declined("no_return", "this receiver cannot be asked to give back")
        return await self._run(account, "call_back", splits.call_back, asked)

    async def fetch_bill(
        self, account: ChannelAccount, requested: StatementRequest
    ) -> Bill | Outcome:
        """The channel's bill of a day; anything but a Bill says why there is none."""
        started = self._monotonic()
        said = await self._bill(account, requested)
        self._report(account, "bill", Succeeded() if isinstance(said, Bill) else said, started)
        return said

    async def read_notice(self, account: ChannelAccount, raw: RawNotice) -> list[Noticed]:
        """What the channel tells. Raises Unverifiable, or one of `UNREADABLE`."""
        read = account.plugin.notices.read
        try:
            return read(raw, self._keys.opened(account), self.moment())
        except UnknownKey as unknown:
            await self._keys.renew(account, unknown.name)
            return read(raw, self._keys.opened(account), self.moment())

    def has_old_keys(self, account: ChannelAccount) -> bool:
        """Whether it is time to download the channel's keys (certificate mode)."""
        return self._keys.is_due(account)

    async def renew_keys(self, account: ChannelAccount) -> None:
        """Download the channel's keys that are in use now; never raises."""
        await self._keys.renew(account, "")

    def moment(self) -> Moment:
        """Now, with a fresh nonce of 32 letters and digits."""
        return Moment(self._now(), secrets.token_hex(16))

    def _hand_over(
        self, account: ChannelAccount, method: HandOver[Any], order: PayOrder
    ) -> Outcome:
        opened = self._keys.opened(account)
        try:
            call = method.call(order, opened)
            return method.outcome(account.plugin.wire.sign(call, opened, self.moment()))
        except UNREADABLE as error:
            return inexpressible(account, error)

    async def _run(
        self,
        account: ChannelAccount,
        name: str,
        operation: Operation[SubjectT, Any],
        subject: SubjectT,
    ) -> Outcome:
        started = self._monotonic()
        outcome = await self._ask(account, operation.call, operation.outcome, subject)
        self._report(account, name, outcome, started)
        return outcome

    def _report(self, account: ChannelAccount, name: str, outcome: Outcome, started: float) -> None:
        if isinstance(outcome, Unknown) and not outcome.is_listed:
            self._unlisted.note(account.channel, name, outcome)
        note(account, name, outcome, self._monotonic() - started)

    async def _ask(
        self,
        account: ChannelAccount,
        ask: Callable[[SubjectT, Any], Call],
        read: Callable[[Answer, SubjectT, Any], SaidT],
        subject: SubjectT,
        *,
        limit_s: float | None = None,
    ) -> SaidT | NotSent | Unknown:
        opened = self._keys.opened(account)
        try:
            call = ask(subject, opened)
        except UNREADABLE as error:
            return inexpressible(account, error)
        sign = account.plugin.wire.sign
        timeout_s = call.timeout_s if limit_s is None else min(call.timeout_s, limit_s)
        reply = await self._lanes.send(
            account, lambda: sign(call, opened, self.moment()), timeout_s
        )
        if not isinstance(reply, Reply):
            return reply
        try:
            answer = await self._verified(account, reply, call)
            return read(answer, subject, self._keys.opened(account))
        except Unverifiable as error:
            return Unknown("unverifiable", str(error), is_spoken=False)
        except UNREADABLE as error:
            log.warning("channel.unreadable", channel=account.channel, error=place(error))
            return Unknown("unreadable", "the answer makes no sense", is_spoken=False)

    async def _bill(self, account: ChannelAccount, requested: StatementRequest) -> Bill | Outcome:
        bills = account.plugin.bills
        if bills is None or requested.kind not in bills.kinds:
            return NotSent("no_bill", "this channel has no such bill", is_spoken=False)
        spot = await self._ask(account, bills.call, bills.place, requested)
        if isinstance(spot, Pending) and not spot.found:
            return Bill(())
        if not isinstance(spot, BillPlace):
            return spot
        try:
            opened, download = self._keys.opened(account), bills.download
            reply = await self._lanes.send(
                account, lambda: download(spot, opened, self.moment()), BILL_TIMEOUT_S
            )
            if not isinstance(reply, Reply):
                return reply
            # A large file takes seconds to read; payments must not wait for it.
            return Bill(tuple(await asyncio.to_thread(bills.read, reply, spot, requested, opened)))
        except Unverifiable as error:
            return Unknown("unverifiable", str(error), is_spoken=False)
        except UNREADABLE as error:
            log.warning("channel.unreadable", channel=account.channel, error=place(error))
            return Unknown("unreadable", "the bill makes no sense", is_spoken=False)

    async def _verified(self, account: ChannelAccount, reply: Reply, call: Call) -> Answer:
        """A key that is not known is perhaps a new one: asked for once, then it is or is not."""
        verify = account.plugin.wire.verify
        try:
            return verify(reply, call, self._keys.opened(account), self.moment())
        except UnknownKey as unknown:
            await self._keys.renew(account, unknown.name)
            return verify(reply, call, self._keys.opened(account), self.moment())
