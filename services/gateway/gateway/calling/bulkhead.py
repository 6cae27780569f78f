"""What one channel account may occupy, so that one that hangs never slows another.

It has places, and a circuit breaker: an account that does not answer is left alone for a while.
Whatever goes wrong on the way ends as NotSent where nothing was sent, and as Unknown after that.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from prometheus_client import Gauge

from chassis import tracing
from chassis.tracing import Kind
from contracts.events.alerts import Alert, Severity
from gateway.calling.metrics import place
from gateway.calling.transport import Broken, NotReached, Transport
from gateway.channels.formats import UNREADABLE
from gateway.channels.plugin import NotSent, Reply, Request, Unknown
from gateway.directory import ChannelAccount

log = structlog.get_logger()

MAX_CALLS_PER_ACCOUNT: Final = 256
"""An account whose channel hangs holds so many connections, and none of another account's; below it
nobody is refused, however slowly the channel answers."""

MAX_WAIT_S: Final = 1.0
"""How long a call waits for one of them."""

SHORTEST_S: Final = 1.0
"""With less time left than this, nothing is begun again."""

THRESHOLD: Final = 20
"""So many transport failures in a row: no hiccup, and soon reached where calls pile up."""

FIRST_OPEN_S: Final = 2.0
MAX_OPEN_S: Final = 30.0


@dataclass(slots=True)
class _Bulkhead:
    """One account's places, and how its channel has been answering."""

    breaker: "Breaker"
    places: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_CALLS_PER_ACCOUNT)
    )


OPEN_CIRCUITS = Gauge("paymesh_channel_circuits_open", "Channel accounts that are left alone")


class Bulkheads:
    """`monotonic` measures for the breakers, `tell` alerts people of those that open."""

    def __init__(
        self,
        transport: Transport,
        monotonic: Callable[[], float],
        tell: Callable[[Alert], None],
    ) -> None:
        self._transport = transport
        self._monotonic = monotonic
        self._tell = tell
        self._by_account: dict[str, _Bulkhead] = {}
        OPEN_CIRCUITS.set_function(
            lambda: sum(each.breaker.is_open for each in self._by_account.values())
        )

    def has_place(self, account: ChannelAccount) -> bool:
        """Whether a call to the channel would go out at once."""
        return not self._bulkhead(account.account_id).places.locked()

    async def send(
        self,
        account: ChannelAccount,
        sign: Callable[[], Request],
        timeout_s: float,
        beside: str = "",
    ) -> Reply | NotSent | Unknown:
        """Signed only when it may go out: what a hanging account is refused costs nobody CPU.
        `beside` names another server of the same channel, that may hang by itself."""
        bulkhead = self._bulkhead(account.account_id + beside)
        if not await _has_place(bulkhead.places):
            return NotSent("busy", "too many calls of this account are waiting", is_spoken=False)
        try:
            if not bulkhead.breaker.admits():
                return NotSent("circuit_open", "the channel has not answered", is_spoken=False)
            try:
                request = sign()
            except UNREADABLE as error:
                return inexpressible(account, error)
            try:
                with tracing.span(
                    f"channel {account.channel}", Kind.CLIENT, payment_id=account.account_id
                ):
                    reply = await self._sent(request, timeout_s)
            except NotReached as error:
                self._failed(account, bulkhead.breaker)
                return NotSent("not_reached", str(error), is_spoken=False)
            except Broken as error:
                self._failed(account, bulkhead.breaker)
                return Unknown("no_answer", str(error), is_spoken=False)
            bulkhead.breaker.succeeded()
            return reply
        finally:
            bulkhead.places.release()

    async def _sent(self, request: Request, timeout_s: float) -> Reply:
        """To the channel's other address, where it has one and nothing reached the first."""
        until = self._monotonic() + timeout_s
        try:
            return await self._transport.send(request, timeout_s=timeout_s)
        except NotReached:
            left_s = until - self._monotonic()
            if not request.spare_url or left_s < SHORTEST_S:
                raise
            spare = replace(request, url=request.spare_url)
            return await self._transport.send(spare, timeout_s=left_s)

    def _failed(self, account: ChannelAccount, breaker: "Breaker") -> None:
        was_open = breaker.is_open
        breaker.failed()
        if breaker.is_open and not was_open:
            self._tell(_circuit_open(account))

    def _bulkhead(self, account_id: str) -> _Bulkhead:
        bulkhead = self._by_account.get(account_id)
        if bulkhead is None:
            bulkhead = self._by_account[account_id] = _Bulkhead(Breaker(self._monotonic))
        return bulkhead


def _circuit_open(account: ChannelAccount) -> Alert:
    return Alert(
        key=f"channel.circuit:{account.account_id}",
        severity=Severity.CRITICAL,
        title=f"{account.channel} does not answer",
        detail="The account is left alone and probed; payments there are refused as not sent.",
        merchant_id=account.merchant_id,
        facts={"payment_id": account.account_id, "channel": account.channel},
    )


def inexpressible(account: ChannelAccount, error: Exception) -> NotSent:
    """What a plugin cannot say in its channel's words was surely not said."""
    log.error("channel.inexpressible", channel=account.channel, error=place(error))
    return NotSent("inexpressible", "the channel cannot be asked for this", is_spoken=False)


async def _has_place(places: asyncio.Semaphore) -> bool:
    if not places.locked():
        return await places.acquire()  # at once
    try:
        async with asyncio.timeout(MAX_WAIT_S):
            await places.acquire()
    except TimeoutError:
        return False
    return True


class Breaker:
    """Closed, open after `THRESHOLD` failures in a row, then half-open: one probe at a time.

    Ask `admits` before a call and report how it ended. A probe that never reports counts as
    failed when the next one is due.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_s = FIRST_OPEN_S
        self._closed_at = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        return self._failures >= THRESHOLD

    def admits(self) -> bool:
        """Whether a call may go out now; where the breaker is open, one True makes the probe."""
        if not self.is_open:
            return True
        now = self._clock()
        if now < self._closed_at:
            return False
        self._is_probing = True
        self._closed_at = now + self._open_s
        return True

    def succeeded(self) -> None:
        """The channel answered, whatever it said."""
        self._failures = 0
        self._open_s = FIRST_OPEN_S
        self._is_probing = False

    def failed(self) -> None:
        """The channel could not be reached or did not answer."""
        self._failures += 1
        if self._failures == THRESHOLD:
            self._open()
        elif self._is_probing:
            self._open_s = min(self._open_s * 2, MAX_OPEN_S)
            self._open()

    def _open(self) -> None:
        self._is_probing = False
        self._closed_at = self._clock() + self._open_s
