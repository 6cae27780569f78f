"""How many requests per second an app may make of one replica: a token bucket per app."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class RateLimit:
    """`per_s` requests per second, and as many at once after a pause."""

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
