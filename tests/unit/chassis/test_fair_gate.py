"""However many are greedy, a newcomer finds a place."""

from contextlib import ExitStack

import pytest

from chassis.problems import Overloaded
from chassis.web import FairGate


def fill(gate: FairGate, who: str, held: ExitStack) -> int:
    """Take all that one is given; answers how many places that were."""
    for count in range(10_000):
        try:
            held.enter_context(gate.place(who))
        except Overloaded:
            return count
    raise AssertionError("there was no end")


def test_one_alone_may_have_half() -> None:
    with ExitStack() as held:
        assert fill(FairGate(1_024), "A1", held) == 512


def test_each_greedy_one_leaves_as_much_as_it_has() -> None:
    gate = FairGate(1_024)
    with ExitStack() as held:
        counts = [fill(gate, f"A{number}", held) for number in range(5)]
        assert counts == [512, 256, 128, 64, 32]
        with gate.place("a newcomer"):
            pass


def test_who_has_several_names_is_bound_by_each() -> None:
    gate = FairGate(16)
    with ExitStack() as held:
        for number in range(8):
            held.enter_context(gate.place("a link", f"address {number}"))
        with pytest.raises(Overloaded):
            gate.take("a link", "address 9")
        with gate.place("another link", "address 9"):
            pass
    assert fill(gate, "address 9", ExitStack()) == 8, "what was refused took nothing"


def test_what_is_given_back_can_be_taken_again() -> None:
    gate = FairGate(8)
    for _ in range(3):
        with ExitStack() as held:
            assert fill(gate, "A1", held) == 4


def test_a_failure_gives_its_place_back() -> None:
    gate = FairGate(2)
    for _ in range(3):
        with pytest.raises(RuntimeError), gate.place("A1"):
            raise RuntimeError
    with gate.place("A1"):
        pass
