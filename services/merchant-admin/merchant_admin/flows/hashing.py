"""Password hashing in a bounded pool, in turn, and what was found right before.

A flood of guesses must neither take the machine nor push people's own logins to the end of a line:
what was right before in this process is recognised without hashing, and in the queue for the rest
known addresses come first.
"""

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from chassis.problems import Overloaded
from merchant_admin.domain.guessing import Priority

T = TypeVar("T")

PLACES: Final = 2
"""Passwords looked at in the same moment, 64 MiB and about 0.1 s of all cores each."""

MAX_WAITING: Final = {Priority.KNOWN: 64, Priority.STRANGER: 16, Priority.LAST: 8}
"""At 0.1 s each and two at once, whoever is let in waits less than four seconds; on a machine that
is busy with other things `PATIENCE_S` ends it."""

PATIENCE_S: Final = 4.0
"""For a connection and for the pool together: whoever logs in is answered within five seconds."""

MAX_REMEMBERED: Final = 10_000

MAX_GUESSES: Final = 6
"""That are looked up in the database at once; other pages need connections too."""


class Patience:
    """Of one who logs in, from the moment it is made; all waits that it is asked for share it."""

    def __init__(self, seconds: float = PATIENCE_S) -> None:
        self._ends_at = asyncio.get_running_loop().time() + seconds

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Around a wait; raises Overloaded where it is not over in time."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                yield
        except TimeoutError as error:
            raise _too_many() from error


class Hashing:
    """The pool: `PLACES` threads' worth of hashing, and who waits for one."""

    def __init__(self) -> None:
        self._free = PLACES
        self._waiting: dict[Priority, deque[asyncio.Future[None]]] = {
            priority: deque() for priority in Priority
        }
        self._typical_s = 0.1

    async def run(
        self,
        priority: Priority,
        work: Callable[..., T],
        *args: object,
        patience: Patience | None = None,
    ) -> T:
        """Raises Overloaded where too many of this priority wait, or it is not its turn in time."""
        async with self._place(priority, patience or Patience()):
            started = time.monotonic()
            done = await asyncio.to_thread(work, *args)
            self._typical_s += (time.monotonic() - started - self._typical_s) / 8
            return done

    async def pretend(self) -> None:
        """Take the time of one, and nothing else."""
        await asyncio.sleep(min(self._typical_s, 1.0))

    @asynccontextmanager
    async def _place(self, priority: Priority, patience: Patience) -> AsyncIterator[None]:
        if self._free:
            self._free -= 1
        else:
            async with patience.waiting():
                await self._turn(self._waiting[priority], MAX_WAITING[priority])
        try:
            yield
        finally:
            self._pass_on()

    async def _turn(self, line: deque[asyncio.Future[None]], limit: int) -> None:
        if len(line) >= limit:
            raise _too_many()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # It was our turn already.
            elif turn in line:
                line.remove(turn)
            raise

    def _pass_on(self) -> None:
        for priority in Priority:
            while self._waiting[priority]:
                turn = self._waiting[priority].popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1


def _too_many() -> Overloaded:
    return Overloaded("Too many people are logging in at the moment.", retry_after_s=2)


class Recognised:
    """Passwords that were right in this process, as digests under a key that never leaves it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def remember(self, username: str, stored: str, password: str) -> None:
        """`stored`: the hash that it is the password of, committed as this user's."""
        self._known[username] = (stored, self._digest(username, password))
        self._known.move_to_end(username)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def find(self, username: str, password: str) -> str | None:
        """The hash that this was found to be the password of; the user may have another by now."""
        known = self._known.get(username)
        if known is None or not hmac.compare_digest(known[1], self._digest(username, password)):
            return None
        return known[0]

    def _digest(self, username: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{username}\n{password}".encode(), "sha256")


class Checks:
    """What is kept in memory for looking at passwords."""

    def __init__(self) -> None:
        self.hashing = Hashing()
        self.recognised = Recognised()
        self.guesses = asyncio.Semaphore(MAX_GUESSES)
        self.shut: OrderedDict[bytes, float] = OrderedDict()
        """Addresses that have to wait, until when (Unix time)."""
