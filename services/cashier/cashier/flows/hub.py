"""Who watches which order in this replica, and what is known of it.

What is known comes from `order-events`; it is read only where the bus cannot tell: when a page
begins to watch, when the bus was away, and while it is behind.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from prometheus_client import Gauge

from cashier.domain.allowance import Allowance
from cashier.domain.news import applied
from chassis.background import Gate
from chassis.problems import Overloaded, Problem
from contracts.codes import CODES, Code
from contracts.events.orders import OrderEvent
from contracts.internal import Checkout

MAX_PER_LINK: Final = 10
MAX_PER_ADDRESS: Final = 50
READS_PER_S: Final = 40.0
"""Of the whole replica, whatever happens to the bus."""

READ_BURST: Final = 40.0

LINGER_S: Final = 30.0
"""The bus is read on for so long when the last watcher has left: the next one comes soon."""

MAX_RECENT: Final = 2_000
"""Events that are remembered as bytes: those of the seconds that a read may take."""


class TooManyStreams(Problem):
    """One link, or one address, watches too often; the page polls instead."""

    code = Code.RATE_LIMITED
    status = CODES[Code.RATE_LIMITED].status
    title = CODES[Code.RATE_LIMITED].title
    retryable = True

    def __init__(self) -> None:
        super().__init__("This page is being watched too often.", retry_after_s=5)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """An order as pages and events both know it."""

    app_id: str
    merchant_id: str
    merchant_order_no: str


def key_of(checkout: Checkout) -> OrderKey:
    order = checkout.order
    return OrderKey(checkout.app_id, order.merchant_id, order.merchant_order_no)


@dataclass(slots=True)
class Room:
    """One order that is watched. `is_doubtful`: the bus may have told what we did not hear."""

    checkout: Checkout
    is_doubtful: bool = False
    watchers: set[asyncio.Event] = field(default_factory=set)

    def take(self, checkout: Checkout) -> None:
        """What was just read; the newer of both is kept."""
        self.is_doubtful = False
        if checkout.sequence >= self.checkout.sequence:
            self.checkout = checkout
        self.wake()

    def wake(self) -> None:
        for news in self.watchers:
            news.set()


STREAMS: Final = Gauge("paymesh_live_streams", "Pages that are watched live")


class Hub:
    """`max_streams`: the most pages that are watched at once. `watched` is open while the bus is
    worth reading: every event of all orders is dropped where nobody watches. `later` calls after
    so many seconds."""

    def __init__(
        self,
        max_streams: int,
        *,
        monotonic: Callable[[], float],
        later: Callable[[float, Callable[[], None]], object] = lambda _, call: call(),
    ) -> None:
        self._max_streams = max_streams
        self._rooms: dict[OrderKey, Room] = {}
        self._links: Counter[str] = Counter()
        self._room_of: dict[str, Room] = {}
        self._addresses: Counter[str] = Counter()
        self._reads = Allowance(READS_PER_S, READ_BURST, monotonic)
        self._recent: deque[bytes] = deque(maxlen=MAX_RECENT)
        self.is_behind = True
        STREAMS.set_function(self._links.total)
        self.watched = Gate(is_open=False)
        self._later = later

    @contextmanager
    def watching(
        self, checkout: Checkout, *, link: str, address: str
    ) -> Iterator[tuple[Room, asyncio.Event]]:
        """The order's room, and an event that is set at each news of it.

        Raises Overloaded when full, TooManyStreams.
        """
        self.require_seat(link, address)
        key, news = key_of(checkout), asyncio.Event()
        room = self._rooms.setdefault(key, Room(checkout))
        room.take(checkout)
        self._catch_up(key, room)
        room.watchers.add(news)
        self.watched.turn(is_open=True)
        self._links[link] += 1
        self._room_of[link] = room
        self._addresses[address] += 1
        try:
            yield room, news
        finally:
            room.watchers.remove(news)
            _leave(self._links, link)
            if link not in self._links:
                del self._room_of[link]
            _leave(self._addresses, address)
            if not room.watchers:
                del self._rooms[key]
                self._later(LINGER_S, self._rest)

    def require_seat(self, link: str, address: str) -> None:
        """Whether one more page may be watched; raises Overloaded when full, TooManyStreams."""
        if self._links.total() >= self._max_streams:
            raise Overloaded("Too many pages are being watched.", retry_after_s=5)
        if self._links[link] >= MAX_PER_LINK or self._addresses[address] >= MAX_PER_ADDRESS:
            raise TooManyStreams

    def find_known(self, link: str) -> Checkout | None:
        """What is known by this link, where the bus tells it; only a link that is watched is known
        to be ours."""
        room = self._room_of.get(link)
        return None if room is None or room.is_doubtful or self.is_behind else room.checkout

    def _rest(self) -> None:
        if not self._rooms:
            self.watched.turn(is_open=False)

    def tell(self, raw: bytes) -> None:
        """An event of an order, as JSON; only what is watched is validated."""
        self._recent.append(raw)
        if not self._rooms:
            return
        data = orjson.loads(raw)["data"]
        room = self._rooms.get(_key_of_event(data))
        if room is not None:
            room.checkout = applied(room.checkout, OrderEvent.model_validate(data))
            room.wake()

    def watch_bus(self, is_behind: bool) -> None:
        """Whether what the bus tells is the present; what it told while it was not is doubted."""
        if self.is_behind and not is_behind:
            for room in self._rooms.values():
                room.is_doubtful = True
                room.wake()
        self.is_behind = is_behind

    def _catch_up(self, key: OrderKey, room: Room) -> None:
        """What the bus told between the reading of a checkout and the watching of it."""
        number = f'"{key.merchant_order_no}"'.encode()
        for raw in self._recent:
            if number in raw:
                data = orjson.loads(raw)["data"]
                if _key_of_event(data) == key:
                    room.checkout = applied(room.checkout, OrderEvent.model_validate(data))

    def may_read(self) -> bool:
        """Whether one more read fits into what this replica allows itself."""
        return self._reads.take()


def _key_of_event(data: dict[str, Any]) -> OrderKey:
    return OrderKey(data["app_id"], data["merchant_id"], data["order"]["merchant_order_no"])


def _leave(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]
