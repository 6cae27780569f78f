"""What a connection may cost while it sends or takes nothing, and who goes first."""

import resource
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

MAX_HEAD_BYTES: Final = 32_768
MAX_HEADERS: Final = 100

MAX_MESSAGE_BYTES: Final = 2_097_152 + MAX_HEAD_BYTES
"""On the wire: twice what any body may have, so that chunks may be small."""

MAX_UNFINISHED: Final = 4_096
MAX_UNFINISHED_OF_ADDRESS: Final = 1_024
MAX_UNFINISHED_BYTES: Final = 67_108_864
"""Of all unfinished requests together: what they may take of the memory of a pod."""

UNTAKEN_S: Final = 30.0
"""Nobody waits longer for a client that takes nothing of its answer."""

MAX_CONNECTIONS: Final = 25_000
"""Of both ports; pages that are watched live hold one each."""

SPARE_FILES: Final = 256
"""Kept for the database, the bus, calls and logs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`head_s`: from the first byte to the end of the head; `body_s`: from there to the end of the
    body. `is_proxy`: whether many requests may come from this address at once. `untaken_s`: how
    long a client may take nothing of its answer."""

    head_s: float
    body_s: float
    max_connections: int
    is_proxy: Callable[[str], bool]
    untaken_s: float = UNTAKEN_S


class Droppable(Protocol):
    """A connection that can be ended for another one's sake."""

    address: str | None

    def drop(self) -> None: ...


C = TypeVar("C", bound=Droppable)


class Unfinished(Generic[C]):
    """The connections whose request has begun and is not whole, or waits for the answer before it,
    the oldest first; in another one those whose answer waits to be taken.

    Nobody is refused for others' unfinished requests: where there are too many, of one address or
    in all, the oldest is dropped. Whoever sends a whole request is done in an instant; who is slow
    on purpose is the oldest. An `address` of None (a proxy of ours) has no limit of its own.
    """

    def __init__(
        self,
        *,
        limit: int = MAX_UNFINISHED,
        limit_of_address: int = MAX_UNFINISHED_OF_ADDRESS,
        limit_bytes: int = MAX_UNFINISHED_BYTES,
    ) -> None:
        self._limit = limit
        self._limit_of_address = limit_of_address
        self._limit_bytes = limit_bytes
        self._sizes: OrderedDict[C, int] = OrderedDict()
        self._of_address: Counter[str] = Counter()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def enter(self, connection: C) -> None:
        """Again for one that is inside: its time begins anew."""
        self.leave(connection)
        address = connection.address
        if address is not None and self._of_address[address] >= self._limit_of_address:
            self._drop(next(each for each in self._sizes if each.address == address))
        elif len(self._sizes) >= self._limit:
            self._drop(next(iter(self._sizes)))
        self._sizes[connection] = 0
        if address is not None:
            self._of_address[address] += 1

    def hold(self, connection: C, size: int) -> None:
        """So many bytes are kept for one that is inside."""
        self._bytes += size - self._sizes[connection]
        self._sizes[connection] = size
        while self._bytes > self._limit_bytes:
            self._drop(next(iter(self._sizes)))

    def leave(self, connection: C) -> None:
        """Also for one that is not inside."""
        size = self._sizes.pop(connection, None)
        if size is None:
            return
        self._bytes -= size
        if connection.address is None:
            return
        self._of_address[connection.address] -= 1
        if not self._of_address[connection.address]:
            del self._of_address[connection.address]

    def _drop(self, connection: C) -> None:
        self.leave(connection)
        connection.drop()


def connections_allowed() -> int:
    """How many connections a port may hold, after asking the system for all it grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(min(MAX_CONNECTIONS, hard - SPARE_FILES), 1)
