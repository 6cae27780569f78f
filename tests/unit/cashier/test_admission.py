"""One link, or one address, takes nothing from the others."""

from contextlib import ExitStack, suppress

import pytest

from cashier.flows.admission import (
    ADDRESS_BURST,
    ADDRESS_PER_S,
    LINK_BURST,
    LINK_PER_S,
    MAX_READS,
    Admission,
    Asker,
    TooManyReads,
)
from chassis.problems import Overloaded


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("greedy", ["link", "address"])
def test_half_of_the_reads_are_left_to_others(greedy: str) -> None:
    admission = Admission(Clock())

    def asker(number: int) -> Asker:
        link, address = f"link-{number}", f"10.0.0.{number}"
        return Asker("one", address) if greedy == "link" else Asker(link, "10.0.0.1")

    with ExitStack() as held:
        for number in range(MAX_READS // 2):
            held.enter_context(admission.reading(asker(number)))
        with pytest.raises(Overloaded) as refused:
            held.enter_context(admission.reading(asker(MAX_READS)))
        assert refused.value.retry_after_s == 1
        with admission.reading(Asker("another", "another")), admission.working(asker(0)):
            pass


def asked(admission: Admission, askers: list[Asker]) -> int:
    count = 0
    for asker in askers:
        with suppress(TooManyReads):
            admission.require_rate(asker)
            count += 1
    return count


def test_scripts_ask_so_often_and_no_more() -> None:
    clock = Clock()
    admission = Admission(clock)
    of_one_link = [Asker("one", f"10.0.{number}.1") for number in range(200)]
    of_one_address = [Asker(f"link-{number}", "10.1.1.1") for number in range(200)]
    assert asked(admission, of_one_link) == LINK_BURST
    assert asked(admission, of_one_address) == ADDRESS_BURST
    clock.now = 1.0
    assert asked(admission, of_one_link) == LINK_PER_S
    assert asked(admission, of_one_address) == ADDRESS_PER_S
