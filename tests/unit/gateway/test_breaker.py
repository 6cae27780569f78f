"""A channel account that does not answer is left alone, and asked again carefully."""

from gateway.calling.bulkhead import FIRST_OPEN_S, MAX_OPEN_S, THRESHOLD, Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(THRESHOLD):
        assert breaker.admits()
        breaker.failed()
    return breaker, clock


def test_failures_in_a_row_open_it() -> None:
    breaker, _ = opened()
    assert breaker.is_open
    assert not breaker.admits()


def test_an_answer_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(Clock())
    for _ in range(3):
        for _ in range(THRESHOLD - 1):
            breaker.failed()
        breaker.succeeded()
    assert breaker.admits()


def test_one_probe_at_a_time_goes_out_after_the_pause() -> None:
    breaker, clock = opened()
    clock.now = FIRST_OPEN_S
    assert [breaker.admits(), breaker.admits()] == [True, False]


def test_a_good_probe_closes_it() -> None:
    breaker, clock = opened()
    clock.now = FIRST_OPEN_S
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.admits()
    assert breaker.admits()


def test_each_bad_probe_doubles_the_pause_up_to_a_limit() -> None:
    breaker, clock = opened()
    pauses = []
    for _ in range(8):
        began = clock.now
        while not breaker.admits():
            clock.now += 0.5
        pauses.append(clock.now - began)
        breaker.failed()
    assert pauses == [2, 4, 8, 16, 30, 30, 30, 30]
    assert pauses[0] == FIRST_OPEN_S
    assert pauses[-1] == MAX_OPEN_S


def test_a_probe_that_never_reports_does_not_block_the_next_one() -> None:
    breaker, clock = opened()
    clock.now = FIRST_OPEN_S
    assert breaker.admits()
    clock.now += FIRST_OPEN_S
    assert breaker.admits()


def test_late_failures_of_calls_before_the_opening_do_not_lengthen_the_pause() -> None:
    breaker, clock = opened()
    for _ in range(50):
        breaker.failed()
    clock.now = FIRST_OPEN_S
    assert breaker.admits()
