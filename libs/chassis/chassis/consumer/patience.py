"""How long the broker may keep a fetch that finds nothing: longer while nothing happens.

Kafka answers as soon as there is a record, so its wait costs nobody anything. librdkafka's mock
cluster answers only when the wait is over, so there it is short while records come. aiokafka fixes
the wait at the start: hence its private name (the dependency is pinned to one minor).
"""

import time
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaConsumer

FETCH_WAIT_MS: Final = 500
IDLE_WAIT_MS: Final = 500
"""After a rest, the first record waits at most this long for a broker that always waits."""

UNHURRIED_WAIT_MS: Final = 1_000
"""The same, of what nobody waits for. Each fetch costs a millisecond, whether it finds anything."""

QUIET_S: Final = 3.0
"""Without a record for this long, nothing happens."""

REFRESH_MS: Final = 2_000
"""How often aiokafka's fetcher looks around without a reason; what happens wakes it anyway."""


class Patience:
    """`busy_ms` while records come, at least `idle_ms` when there was none for a while."""

    def __init__(
        self, busy_ms: int, idle_ms: int, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._busy_ms = busy_ms
        self._idle_ms = max(busy_ms, idle_ms)
        self._monotonic = monotonic
        self._record_at = monotonic()

    def after(self, kafka: AIOKafkaConsumer, *, found: bool) -> None:
        """Call it after each poll of this consumer, which was started with `busy_ms`."""
        now = self._monotonic()
        if found:
            self._record_at = now
        is_quiet = now - self._record_at > QUIET_S
        kafka._fetcher._fetch_max_wait_ms = self._idle_ms if is_quiet else self._busy_ms
