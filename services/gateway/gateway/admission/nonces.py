"""Which nonces were seen under which key, for as long as their requests could be replayed."""

from dataclasses import dataclass, field
from typing import Final

from contracts.signing import WINDOW_S

PERIOD_S: Final = 2 * WINDOW_S
"""A request may be dated up to one window ahead and is accepted until one window after that."""

MAX_PER_SET: Final = 200_000
"""About 25 MB. A key that fills it faster than the period forgets its oldest nonces early, which
the business numbers make harmless: the limit protects the memory of the replica."""


@dataclass(slots=True)
class _Sets:
    """Two sets that take turns: what is in `recent` is remembered for at least one period."""

    since_s: float
    recent: set[str] = field(default_factory=set)
    older: set[str] = field(default_factory=set)


class NonceMemory:
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
