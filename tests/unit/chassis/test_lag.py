"""How far a consumer is behind: by its worst partition, and by nothing that was idle."""

from chassis.consumer.lag import Lag

NOW_MS = 1_000_000.0


def test_the_age_is_that_of_the_partition_that_is_furthest_behind() -> None:
    """Its neighbours go on, each batch with newer records."""
    lag = Lag[str]()
    lag.applied("stuck", NOW_MS)
    lag.applied("quick", NOW_MS + 146_000)
    lag.measure({"stuck": 3, "quick": 1}, NOW_MS + 146_400)
    assert lag.age_s(NOW_MS + 146_400) == 146.4
    assert lag.records == 4


def test_what_arrives_after_an_idle_hour_is_not_an_hour_late() -> None:
    lag = Lag[str]()
    lag.applied("idle", 0)
    lag.measure({"idle": 0}, 3_600_000)
    lag.measure({"idle": 1}, 3_601_000)
    assert lag.age_s(3_601_000) == 1.0


def test_a_partition_that_came_or_went_counts_while_it_is_this_members() -> None:
    lag = Lag[str]()
    assert lag.age_s(NOW_MS) == 0.0
    lag.measure({"a": 2}, 5_000)
    assert lag.age_s(9_000) == 4.0
    lag.measure({}, 10_000)
    assert (lag.age_s(NOW_MS), lag.records) == (0.0, 0)
    lag.measure({"a": 2}, 20_000)
    assert lag.age_s(21_000) == 1.0
