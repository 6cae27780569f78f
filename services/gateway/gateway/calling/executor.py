"""The one place that talks to channels: sends what plugins sign, and says which of five it was.

Whatever goes wrong ends as one of the five outcomes and never as an exception: before the request
left it is NotSent, after that Unknown. Plugins stay pure; clock, network and limits are here.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

from chassis.problems import Problem
from contracts.events.alerts import Alert
from gateway.calling.bulkhead import Bulkheads, inexpressible
from gateway.calling.exchange import Exchange
from gateway.calling.key_renewal import Renewal
from gateway.calling.metrics import note
from gateway.calling.retry import Retry
from gateway.calling.serials import Serials
from gateway.calling.success import SuccessRates
from gateway.calling.transport import Transport
from gateway.calling.unlisted_codes import UnlistedCodes
from gateway.channels.plugin import (
    Declined,
    HandOver,
    Moment,
    Notified,
    NotSent,
    Operation,
    Outcome,
    PayOrder,
    RawNotification,
    Refunding,
    SplitReturning,
    Splitting,
    Statement,
    StatementRequest,
    Succeeded,
    Trade,
    Trial,
    Unknown,
    UnknownKey,
    dated,
)
from gateway.channels.reading import UNREADABLE
from gateway.directory import ChannelAccount

PAY_LIMIT_S: Final = 10.0
"""How long an app waits for its channel, all repeats together."""

SubjectT = TypeVar("SubjectT")


class Executor:
    """`now` is the wall clock for signatures, `monotonic` measures, `tell` alerts people, `pause`
    waits so many seconds, `serials` gives numbers to channels that need short ones."""

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
        self._monotonic = monotonic
        bulkheads = Bulkheads(transport, monotonic, tell)
        self._retry = Retry(monotonic=monotonic, pause=pause)
        self._keys = Renewal(bulkheads.send, moment=self.moment, monotonic=monotonic)
        self._exchange = Exchange(bulkheads, self._keys, self.moment)

    async def pay(self, account: ChannelAccount, order: PayOrder) -> Outcome:
        """Initiate the payment, by a method that the plugin has; repeated while the channel asks
        for that and the time of the app allows it."""
        method = account.plugin.methods[order.method]
        if isinstance(method, HandOver):
            outcome = self._hand_over(account, method, order)
            note(account, "pay", outcome, 0.0)
            return outcome
        call, read = method.call, method.outcome
        started = self._monotonic()
        numbered = await self._with_serial(account, order, draw=True)
        if isinstance(numbered, NotSent):
            self._report(account, "pay", numbered, started)
            return numbered

        async def ask(limit_s: float | None) -> Outcome:
            return await self._exchange.ask(account, call, read, numbered, limit_s=limit_s)

        outcome = await self._retry.run(account.channel, ask, PAY_LIMIT_S)
        self._report(account, "pay", outcome, started)
        return outcome

    async def identify(self, account: ChannelAccount, code: str) -> str | NotSent | Unknown:
        """Who the payer is whose browser came back from the wallet with this code. Raises
        NotIdentified where the wallet does not say."""
        return await self._exchange.identify(account, code)

    async def query(self, account: ChannelAccount, trade: Trade) -> Outcome:
        """Ask how the payment stands."""
        return await self._run(account, "query", account.plugin.query, trade)

    async def try_out(self, account: ChannelAccount, trade: Trade) -> Trial:
        """Whether the credentials are good: asked about a payment that cannot exist."""
        return await self._exchange.try_out(account, trade)

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

    async def return_split(self, account: ChannelAccount, asked: SplitReturning) -> Outcome:
        """Have a receiver give back, where the channel asks each by itself; the same call again
        tells how it stands."""
        splits = account.plugin.splits
        if (
            splits is None
            or splits.return_split is None
            or not splits.gives_back(asked.share.account)
        ):
            return Declined("no_return", "this receiver cannot be asked to give back")
        return await self._run(account, "call_back", splits.return_split, asked)

    async def fetch_statement(
        self, account: ChannelAccount, requested: StatementRequest
    ) -> Statement | Outcome:
        """The channel's statement of a day; anything but a Statement says why there is none."""
        started = self._monotonic()
        fetched = await self._exchange.fetch_statement(account, requested)
        self._report(
            account, "bill", Succeeded() if isinstance(fetched, Statement) else fetched, started
        )
        return fetched

    async def read_notification(
        self, account: ChannelAccount, raw: RawNotification
    ) -> list[Notified]:
        """What the channel tells, and when. Raises Unverifiable, or one of `UNREADABLE`."""
        read, moment = account.plugin.notifications.read, self.moment()
        try:
            notified = read(raw, self._keys.opened(account), moment)
        except UnknownKey as unknown:
            await self._keys.renew(account, unknown.name)
            notified = read(raw, self._keys.opened(account), self.moment())
        return [dated(each, received_at=moment.now) for each in notified]

    def has_old_keys(self, account: ChannelAccount) -> bool:
        """Whether it is time to download the channel's keys (certificate mode)."""
        return self._keys.is_due(account)

    def key_ends(self, account: ChannelAccount) -> Mapping[str, datetime]:
        """When the channel's keys end that were downloaded in use, by their names."""
        keys = account.plugin.keys
        return {} if keys is None else keys.ends(self._keys.opened(account))

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
        started = self._monotonic()
        numbered = await self._with_serial(account, subject, draw=name == "refund")
        outcome: Outcome = (
            numbered
            if isinstance(numbered, NotSent)
            else await self._exchange.ask(account, operation.call, operation.outcome, numbered)
        )
        self._report(account, name, outcome, started)
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

    def _report(self, account: ChannelAccount, name: str, outcome: Outcome, started: float) -> None:
        if isinstance(outcome, Unknown):
            self._unlisted.note(account.channel, name, outcome)
        now_s = self._monotonic()
        if name == "pay":
            self._success.note(account, outcome, now_s)
        note(account, name, outcome, now_s - started)
