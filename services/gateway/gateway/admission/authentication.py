"""Whether a request comes from a known app, for the first time, and not too often."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from contracts import signing
from gateway.directory import App, Directory, Key
from gateway.domain.addresses import Network, caller_address, is_within
from gateway.domain.errors import NotAuthenticated

MALFORMED: Final = "malformed"

PERIOD_S: Final = 2 * signing.WINDOW_S
"""A request may be dated up to one window ahead and is accepted until one window after that."""

MAX_PER_SET: Final = 200_000
"""About 25 MB. A key that fills it faster than the period forgets its oldest nonces early, which
the business numbers make harmless: the limit protects the memory of the replica."""


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

    def identify(self, request: SignedRequest) -> Identity:
        """The app that signed this request, and its timestamp.

        Raises:
            NotAuthenticated: whatever was wrong; the app is told the same each time.
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
        if not self._nonces.is_new(key.key_id, shown.nonce, now_s):
            raise NotAuthenticated("replay", app.app_id)
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


@dataclass(slots=True)
class _Sets:
    """Two sets that take turns: what is in `recent` is remembered for at least one period."""

    since_s: float
    recent: set[str] = field(default_factory=set)
    older: set[str] = field(default_factory=set)


class NonceMemory:
    """Which nonces were seen under which key, for as long as their requests could be replayed."""

    def __init__(self, *, max_per_set: int = MAX_PER_SET) -> None:
        self._max_per_set = max_per_set
        self._by_key: dict[str, _Sets] = {}

    def is_new(self, key_id: str, nonce: str, now_s: float) -> bool:
        """Whether the nonce is seen for the first time under this key; remembers it.

        Ask only after the signature was found good, so that nobody else can fill the memory.
        """
        sets = self._by_key.get(key_id)
        if sets is None:
            sets = self._by_key[key_id] = _Sets(now_s)
        if now_s - sets.since_s >= PERIOD_S or len(sets.recent) >= self._max_per_set:
            sets.recent, sets.older = set(), sets.recent
            sets.since_s = now_s
        if nonce in sets.recent or nonce in sets.older:
            return False
        sets.recent.add(nonce)
        return True


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
