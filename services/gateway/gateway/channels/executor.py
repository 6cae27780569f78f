"""The one place that talks to channels: sends what plugins sign, and says which of five it was.

Whatever goes wrong ends as one of the five outcomes and never as an exception: before the request
left it is NotSent, after that Unknown. Plugins stay pure; clock, network and limits are here.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog

from contracts.events.alerts import Alert
from gateway.channels.breaker import Breaker
from gateway.channels.plugin import (
    Answer,
    Bill,
    BillPlace,
    BillWish,
    Call,
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
    Request,
    Succeeded,
    Trade,
    Unknown,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.reading import UNREADABLE
from gateway.channels.renewal import Renewal
from gateway.channels.reporting import note, place
from gateway.channels.transport import Broken, NotReached, Transport
from gateway.channels.unlisted import Unlisted
from gateway.directory import ChannelAccount

log = structlog.get_logger()

MAX_CALLS_PER_ACCOUNT: Final = 64
"""An account whose channel hangs holds so many connections, and none of another account's."""

MAX_WAIT_S: Final = 1.0
"""How long a call waits for one of them."""

BILL_TIMEOUT_S: Final = 60.0

SubjectT = TypeVar("SubjectT")
SaidT = TypeVar("SaidT")


@dataclass(slots=True)
class _Lane:
    """What one channel account may occupy, and how its channel has been answering."""

    breaker: Breaker
    places: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_CALLS_PER_ACCOUNT)
    )


class Executor:
    """`now` is the wall clock for signatures, `monotonic` measures, `tell` alerts people."""

    def __init__(
        self,
        transport: Transport,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        tell: Callable[[Alert], None],
    ) -> None:
        self._transport = transport
        self._unlisted = Unlisted(tell)
        self._now = now
        self._monotonic = monotonic
        self._lanes: dict[str, _Lane] = {}
        self._keys = Renewal(self._send, moment=self.moment, monotonic=monotonic)

    async def pay(self, account: ChannelAccount, order: PayOrder) -> Outcome:
        """Initiate the payment, by a method that the plugin has."""
        method = account.plugin.methods[order.method]
        if isinstance(method, HandOver):
            outcome = self._hand_over(account, method, order)
            note(account, "pay", outcome, 0.0)
            return outcome
        return await self._run(account, "pay", method, order)

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

    async def fetch_bill(self, account: ChannelAccount, wish: BillWish) -> Bill | Outcome:
        """The channel's statement of a day; anything but a Bill says why there is none."""
        started = self._monotonic()
        said = await self._bill(account, wish)
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
            return _inexpressible(account, error)

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
    ) -> SaidT | NotSent | Unknown:
        opened = self._keys.opened(account)
        try:
            call = ask(subject, opened)
        except UNREADABLE as error:
            return _inexpressible(account, error)
        sign = account.plugin.wire.sign
        reply = await self._send(account, lambda: sign(call, opened, self.moment()), call.timeout_s)
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

    async def _bill(self, account: ChannelAccount, wish: BillWish) -> Bill | Outcome:
        bills = account.plugin.bills
        if bills is None or wish.kind not in bills.kinds:
            return NotSent("no_bill", "this channel has no such bill", is_spoken=False)
        spot = await self._ask(account, bills.call, bills.place, wish)
        if isinstance(spot, Pending) and not spot.found:
            return Bill(())
        if not isinstance(spot, BillPlace):
            return spot
        try:
            opened, download = self._keys.opened(account), bills.download
            reply = await self._send(
                account, lambda: download(spot, opened, self.moment()), BILL_TIMEOUT_S
            )
            if not isinstance(reply, Reply):
                return reply
            # A large file takes seconds to read; payments must not wait for it.
            return Bill(tuple(await asyncio.to_thread(bills.read, reply, spot, wish)))
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

    async def _send(
        self, account: ChannelAccount, sign: Callable[[], Request], timeout_s: float
    ) -> Reply | NotSent | Unknown:
        """Signed only when it may go out: what a hanging account is refused costs nobody CPU."""
        lane = self._lane(account.payment_id)
        if not await _has_place(lane.places):
            return NotSent("busy", "too many calls of this account are waiting", is_spoken=False)
        try:
            if not lane.breaker.admits():
                return NotSent("circuit_open", "the channel has not answered", is_spoken=False)
            try:
                request = sign()
            except UNREADABLE as error:
                return _inexpressible(account, error)
            try:
                reply = await self._transport.send(request, timeout_s=timeout_s)
            except NotReached as error:
                lane.breaker.failed()
                return NotSent("not_reached", str(error), is_spoken=False)
            except Broken as error:
                lane.breaker.failed()
                return Unknown("no_answer", str(error), is_spoken=False)
            lane.breaker.succeeded()
            return reply
        finally:
            lane.places.release()

    def _lane(self, payment_id: str) -> _Lane:
        lane = self._lanes.get(payment_id)
        if lane is None:
            lane = self._lanes[payment_id] = _Lane(Breaker(self._monotonic))
        return lane


async def _has_place(places: asyncio.Semaphore) -> bool:
    try:
        async with asyncio.timeout(MAX_WAIT_S):
            await places.acquire()
    except TimeoutError:
        return False
    return True


def _inexpressible(account: ChannelAccount, error: Exception) -> NotSent:
    log.error("channel.inexpressible", channel=account.channel, error=place(error))
    return NotSent("inexpressible", "the channel cannot be asked for this", is_spoken=False)
