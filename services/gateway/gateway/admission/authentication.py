"""Whether a request comes from a known app, for the first time, and not too often."""

import math
import os
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from mmap import mmap
from typing import Final

from contracts import signing
from gateway.directory import App, Directory, Key
from gateway.domain.addresses import Network, caller_address, is_within
from gateway.domain.errors import NotAuthenticated, RateLimited

MALFORMED: Final = "malformed"

PERIOD_S: Final = 2 * signing.WINDOW_S
"""A request may be dated up to one window ahead and is accepted until one window after that."""

SLOTS: Final = 2**22
"""Of a table of nonces, a power of two: two tables of 32 MiB, for all apps of the replica."""

MAX_FILLED: Final = 0.75
"""Beyond it a search takes long. It is 5,200 requests a second throughout a period, half of them of
one app alone, which is more than one replica serves; what comes beyond is refused, because to
forget early would let a request be replayed."""

_MARK_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """`target` is path and query exactly as they stood on the wire; `peer` is who connected, and
    `forwarded_for` what X-Forwarded-For says of whom that one speaks for."""

    method: str
    target: str
    authorization: str
    body: bytes
    peer: str = ""
    forwarded_for: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed, when by the signer's clock (within five minutes of ours), and with which key and
    nonce: that names the request, wherever its bytes come again."""

    app: App
    signed_at: datetime
    signed_as: str


class Authentication:
    """`clock` answers Unix seconds; `trusted`: the proxies whose X-Forwarded-For is believed."""

    def __init__(
        self,
        directory: Directory,
        nonces: "NonceMemory",
        clock: Callable[[], float],
        trusted: Sequence[Network] = (),
    ) -> None:
        self._directory = directory
        self._nonces = nonces
        self._clock = clock
        self._trusted = trusted

    def identify(
        self, request: SignedRequest, within_rate: Callable[[str], None] = lambda app_id: None
    ) -> Identity:
        """The app that signed this request, and its timestamp.

        `within_rate` is asked for the app once the request is known to be its own and new, before
        it is remembered: what it raises leaves no trace, and a stranger's replays cost the app
        nothing.

        Raises:
            NotAuthenticated: whatever was wrong; the app is told the same each time.
            RateLimited: the app has as many in memory as it may.
        """
        try:
            shown = signing.parse(request.authorization)
        except signing.Malformed as error:
            raise NotAuthenticated(MALFORMED) from error
        now_s = self._clock()
        app, key = self._known(shown)
        begins, ends = key.valid
        if not begins <= now_s <= ends:
            raise NotAuthenticated("certificate", app.app_id)
        if not shown.is_fresh(now_s):
            raise NotAuthenticated("stale", app.app_id)
        text = signing.signed_text(
            request.method, request.target, shown.timestamp, shown.nonce, request.body
        )
        if not key.verifier.verify(text, shown.signature):
            raise NotAuthenticated("signature", app.app_id)
        if app.ip_allowlist and not self._comes_from(request, app.ip_allowlist):
            raise NotAuthenticated("address", app.app_id)
        mark = self._nonces.mark(key.key_id, shown.nonce)
        if self._nonces.is_known(mark, now_s):
            raise NotAuthenticated("replay", app.app_id)
        within_rate(app.app_id)
        self._nonces.remember(app.app_id, mark, now_s)
        signed_at = datetime.fromtimestamp(shown.timestamp, UTC)
        return Identity(app, signed_at, f"{key.key_id} {shown.nonce}")

    def _comes_from(self, request: SignedRequest, networks: Sequence[Network]) -> bool:
        address = caller_address(request.peer, request.forwarded_for, self._trusted)
        return is_within(address, networks)

    def _known(self, shown: signing.Credentials) -> tuple[App, Key]:
        app = self._directory.find_app(shown.app_id)
        key = self._directory.find_key(shown.key_id)
        if app is None:
            raise NotAuthenticated("unknown")
        if key is None or key.app_id != app.app_id:
            raise NotAuthenticated("unknown", app.app_id)
        if not app.is_active:
            raise NotAuthenticated("disabled", app.app_id)
        if key.alg is not shown.alg:
            raise NotAuthenticated("algorithm", app.app_id)
        return app, key


class _Marks:
    """Numbers of 64 bits in a table of a fixed size, which takes memory only as it fills. `by_app`:
    how many are whose; `free`: how many there is room for yet."""

    def __init__(self, since_s: float, slots: int) -> None:
        self.since_s = since_s
        self.free = int(slots * MAX_FILLED)
        self.by_app: Tally[str] = Tally()
        self._slots = memoryview(mmap(-1, slots * _MARK_BYTES)).cast("Q")
        self._last = slots - 1

    def __contains__(self, mark: int) -> bool:
        return self._slots[self._place(mark)] == mark

    def add(self, app_id: str, mark: int) -> None:
        self._slots[self._place(mark)] = mark
        self.free -= 1
        self.by_app[app_id] += 1

    def _place(self, mark: int) -> int:
        """Where it stands, or would."""
        slots, last = self._slots, self._last
        at = mark & last
        while slots[at] not in (0, mark):
            at = (at + 1) & last
        return at


class NonceMemory:
    """Which nonces were seen under which key, for as long as their requests could be replayed.

    Two tables take turns, for all keys together: what is in `recent` is remembered for at least
    one period. Nothing is kept by key, so a key that was removed leaves nothing behind.

    No app may fill more of a table than is left free: one alone has half of it at most, and however
    many send all they can, there is room for a newcomer.
    """

    def __init__(self, *, slots: int = SLOTS) -> None:
        self._slots = slots
        self._salt = os.urandom(16)
        self._recent, self._older = _Marks(-math.inf, slots), _Marks(-math.inf, slots)

    def mark(self, key_id: str, nonce: str) -> int:
        """What is kept of them, never 0; nobody outside can find two that have the same."""
        text = f"{key_id} {nonce}".encode()
        digest = blake2b(text, digest_size=_MARK_BYTES, key=self._salt).digest()
        return int.from_bytes(digest) or 1

    def is_known(self, mark: int, now_s: float) -> bool:
        self._turn(now_s)
        return mark in self._recent or mark in self._older

    def remember(self, app_id: str, mark: int, now_s: float) -> None:
        """Call it only after the signature was found good and the rate was asked, so that nobody
        else can fill the app's share.

        Raises:
            RateLimited: its share is full of nonces that could all be replayed still.
        """
        self._turn(now_s)
        recent = self._recent
        if recent.by_app[app_id] >= recent.free:
            raise RateLimited(math.ceil(recent.since_s + PERIOD_S - now_s))
        recent.add(app_id, mark)

    def _turn(self, now_s: float) -> None:
        if now_s - self._recent.since_s >= PERIOD_S:
            self._recent, self._older = _Marks(now_s, self._slots), self._recent


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class RateLimit:
    """A token bucket per app: `per_s` requests a second of one replica, and as many at once after a
    pause."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._burst = max(per_s, 1.0)
        self._buckets: dict[str, _Bucket] = {}

    def require(self, now_s: float, app_id: str) -> None:
        """Takes one token. Raises RateLimited."""
        if wait_s := self.wait_s(app_id, now_s):
            raise RateLimited(wait_s)

    def wait_s(self, app_id: str, now_s: float) -> int:
        """0: go on, one token was taken. Otherwise after how many whole seconds to come again."""
        bucket = self._buckets.get(app_id)
        if bucket is None:
            bucket = self._buckets[app_id] = _Bucket(self._burst, now_s)
        earned = (now_s - bucket.at_s) * self._per_s
        bucket.tokens = min(self._burst, bucket.tokens + earned)
        bucket.at_s = now_s
        if bucket.tokens < 1:
            return math.ceil((1 - bucket.tokens) / self._per_s)
        bucket.tokens -= 1
        return 0
