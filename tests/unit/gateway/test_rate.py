"""An app's requests per second are bounded, each app's for itself."""

from gateway.admission.authentication import RateLimit


def test_a_burst_is_allowed_and_then_the_rate_counts() -> None:
    limit = RateLimit(5)
    assert [limit.wait_s("A1", 0) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert limit.wait_s("A1", 0.19) == 1
    assert limit.wait_s("A1", 0.21) == 0


def test_apps_do_not_share_their_rate() -> None:
    limit = RateLimit(1)
    assert [limit.wait_s("A1", 0), limit.wait_s("A2", 0)] == [0, 0]


def test_a_long_pause_earns_no_more_than_one_burst() -> None:
    limit = RateLimit(2)
    limit.wait_s("A1", 0)
    assert [limit.wait_s("A1", 1_000) for _ in range(3)] == [0, 0, 1]
