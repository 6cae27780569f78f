"""Shares and times, which may be fractions: of counts only, never of money."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final, TypeAlias

Ratio: TypeAlias = float | None
"""From 0 to 1; None for a part of nothing."""

Seconds: TypeAlias = float | None

BUCKET_BOUNDS_S: Final = (
    5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600, 7200, 14400,
)  # fmt: skip
"""Between the buckets of times to pay; the migration that fills them has the same."""


def rate(part: int, whole: int) -> Ratio:
    return part / whole if whole else None


def median_s(payments: Mapping[int, int]) -> Seconds:
    """About how long half of them took at most: exact to the bucket, and within it as if they were
    spread evenly. None for none."""
    half = sum(payments.values()) / 2
    if not half:
        return None
    bounds = (0, *BUCKET_BOUNDS_S, BUCKET_BOUNDS_S[-1])
    before = 0
    for bucket, (lower, upper) in enumerate(pairwise(bounds)):
        here = payments.get(bucket, 0)
        if here and before + here >= half:
            return lower + (upper - lower) * (half - before) / here
        before += here
    return float(bounds[-1])
