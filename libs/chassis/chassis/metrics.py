"""Metrics with labels, where they are counted for every request."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from prometheus_client.metrics import MetricWrapperBase

MetricT = TypeVar("MetricT", bound=MetricWrapperBase)

MAX_LABELS: Final = 1_000
"""Of one metric; more than there are routes, channels and outcomes."""


def remembered(metric: MetricT) -> Callable[..., MetricT]:
    """Its `labels`, which makes texts of them and takes a lock, asked once for each."""
    return lru_cache(MAX_LABELS)(metric.labels)
