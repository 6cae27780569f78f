"""The one place that talks to channels: sends what plugins sign, and says which of five it was.

Whatever goes wrong ends as one of the five outcomes and never as an exception: before the request
left it is NotSent, after that Unknown. Plugins stay pure; clock, network and limits are here.
"""

import asyncio
import secrets
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from prometheus_client import Counter, Histogram

from contracts.events.alerts import Alert
from gateway.channels.breaker import Breaker
from gateway.channels.plugin import (
    Call,
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
    Request,
    Succeeded,
    Trade,
    Unknown,
    Unverifiable,
)
from gateway.channels.transport import Broken, NotReached, Transport
from gateway.channels.unlisted import Unlisted
from gateway.directory import ChannelAccount

log = structlog.get_logger()

MAX_CALLS_PER_ACCOUNT: Final = 64
"""An account whose channel hangs holds so many connections, and none of another account's."""

MAX_WAIT_S: Final = 1.0
"""How long a call waits for one of them."""

CALLS = Counter("channel_calls", "Calls to channels", ["channel", "operation", "outcome"])
SECONDS = Histogram(
    "channel_call_seconds",
    "From the plugin's question to its outcome",
    ["channel", "operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

UNREADABLE: Final = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError
)  # fmt: skip
"""What code raises that meets something of another shape than it expects."""

SubjectT = TypeVar("SubjectT")


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

    async def pay(self, account: ChannelAccount, order: PayOrder) -> Outcome:
        """Initiate the payment, by a method that the plugin has."""
        method = account.plugin.methods[order.method]
        if isinstance(method, HandOver):
            outcome = self._hand_over(account, method, order)
            _note(account, "pay", outcome, 0.0)
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

    async def read_notice(self, account: ChannelAccount, raw: RawNotice) -> list[Noticed]:
        """What the channel tells. Raises Unverifiable, or one of `UNREADABLE`."""
        return account.plugin.notices.read(raw, account.opened, self.moment())

    def moment(self) -> Moment:
        """Now, with a fresh nonce of 32 letters and digits."""
        return Moment(self._now(), secrets.token_hex(16))

    def _hand_over(
        self, account: ChannelAccount, method: HandOver[Any], order: PayOrder
    ) -> Outcome:
        try:
            call = method.call(order, account.opened)
            return method.outcome(account.plugin.wire.sign(call, account.opened, self.moment()))
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
        outcome = await self._ask(account, operation, subject)
        if isinstance(outcome, Unknown) and not outcome.is_listed:
            self._unlisted.note(account.channel, name, outcome)
        _note(account, name, outcome, self._monotonic() - started)
        return outcome

    async def _ask(
        self, account: ChannelAccount, operation: Operation[SubjectT, Any], subject: SubjectT
    ) -> Outcome:
        try:
            call = operation.call(subject, account.opened)
            request = account.plugin.wire.sign(call, account.opened, self.moment())
        except UNREADABLE as error:
            return _inexpressible(account, error)
        reply = await self._send(account, request, call)
        if not isinstance(reply, Reply):
            return reply
        try:
            answer = account.plugin.wire.verify(reply, call, account.opened, self.moment())
            return operation.outcome(answer, subject, account.opened)
        except Unverifiable as error:
            return Unknown("unverifiable", str(error), is_spoken=False)
        except UNREADABLE as error:
            log.warning("channel.unreadable", channel=account.channel, error=_place(error))
            return Unknown("unreadable", "the answer makes no sense", is_spoken=False)

    async def _send(
        self, account: ChannelAccount, request: Request, call: Call
    ) -> Reply | NotSent | Unknown:
        lane = self._lane(account.payment_id)
        if not await _has_place(lane.places):
            return NotSent("busy", "too many calls of this account are waiting", is_spoken=False)
        try:
            if not lane.breaker.admits():
                return NotSent("circuit_open", "the channel has not answered", is_spoken=False)
            try:
                reply = await self._transport.send(request, timeout_s=call.timeout_s)
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
    log.error("channel.inexpressible", channel=account.channel, error=_place(error))
    return NotSent("inexpressible", "the channel cannot be asked for this", is_spoken=False)


def _place(error: Exception) -> str:
    """Kind and place of an error of a plugin; its text may quote what must not be logged."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name} ({Path(frame.filename).name}:{frame.lineno})"


def _note(account: ChannelAccount, operation: str, outcome: Outcome, seconds: float) -> None:
    name, code = _named(outcome)
    CALLS.labels(account.channel, operation, name).inc()
    SECONDS.labels(account.channel, operation).observe(seconds)
    log.info(
        "channel.outcome",
        channel=account.channel,
        operation=operation,
        outcome=name,
        code=code,
        payment_id=account.payment_id,
        channel_no=getattr(outcome, "channel_no", None),
        ms=round(seconds * 1000, 1),
    )


def _named(outcome: Outcome) -> tuple[str, str | None]:
    match outcome:
        case Succeeded():
            return "succeeded", None
        case Pending():
            return "pending", None
        case Declined(code=code):
            return "declined", code
        case NotSent(code=code):
            return "not_sent", code
        case Unknown(code=code):
            return "unknown", code
