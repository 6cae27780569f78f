"""Who always waits is asked to wait shortly while records come, and longer when none do."""

from types import SimpleNamespace
from typing import Any

import pytest

from chassis.consumer.patience import QUIET_S, Patience


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("busy_ms", "quiet_ms"), [(50, 250), (500, 500)])
def test_waits_longer_after_a_quiet_time_and_never_shorter_than_told(
    busy_ms: int, quiet_ms: int
) -> None:
    clock, kafka = Clock(), consumer()
    patience = Patience(busy_ms, 250, monotonic=clock)

    def asked(at: float, *, found: bool) -> int:
        clock.now = at
        patience.after(kafka, found=found)
        wait_ms: int = kafka._fetcher._fetch_max_wait_ms
        return wait_ms

    assert asked(QUIET_S, found=False) == busy_ms
    assert asked(QUIET_S + 0.1, found=False) == quiet_ms
    assert asked(QUIET_S + 0.2, found=True) == busy_ms
    assert asked(2 * QUIET_S, found=False) == busy_ms


def consumer() -> Any:
    return SimpleNamespace(_fetcher=SimpleNamespace(_fetch_max_wait_ms=0))
