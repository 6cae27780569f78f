"""What grew in the last minute, and when it is too much."""

import pytest
from prometheus_client import CollectorRegistry, Counter

from chassis.web.edge import SLOW_S, Answers
from foundation.surges import MANY, Growth, if_many, kinds, total


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_growth_is_of_the_last_minute() -> None:
    clock, count = Clock(), [5.0]
    growth = Growth(lambda: count[0], now=clock)
    seen = []
    for clock.now, count[0] in ((10, 6), (30, 9), (65, 9), (100, 10), (200, 10)):
        seen.append(growth())
    assert seen == [1, 4, 4, 1, 0]


@pytest.mark.parametrize(
    ("bad", "of", "measure"),
    [(0, 0, 0), (MANY - 1, 20, 0), (MANY, 200, MANY), (MANY, 201, 0), (500, 600, 500)],
)
def test_a_few_or_a_small_share_of_bad_answers_is_no_surge(
    bad: float, of: float, measure: float
) -> None:
    assert if_many(bad, of) == measure


def test_counters_are_summed_over_their_labels_and_named() -> None:
    counter = Counter("things", "Things", ["kind"], registry=CollectorRegistry())
    for kind in ("b", "a", "b"):
        counter.labels(kind).inc()
    counter.labels("never")
    assert total(counter) == 3
    assert kinds(counter, "kind") == "a, b"


def test_answers_are_counted_without_health_and_streams_are_never_slow() -> None:
    answers = Answers()
    for route, status, seconds in (
        ("/v1/payments", 201, 0.1),
        ("/v1/payments", 504, SLOW_S + 1),
        ("/health/ready", 503, 3.0),
        ("/pay/{token}/events", 200, 600.0),
    ):
        answers.count(route, status, seconds)
    assert (answers.all, answers.failed, answers.slow) == (3, 1, 1)
