"""Whether what many clients saw at once could have been seen one after the other.

After Wing and Gong (1993) with Lowe's memory of what was tried: search an order of the operations
in which each takes effect at one moment between its call and its answer, and each answer is what a
sequential model says. One without an answer took effect at any moment after its call, or never.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

STEPS_LIMIT: Final = 500_000
"""Histories of one order are short; one that needs more is a mistake in how it was recorded."""

State = TypeVar("State")
Operation = TypeVar("Operation")


@dataclass(frozen=True, slots=True)
class Call(Generic[Operation]):
    """`operation` holds the request and the answer; `answered_s` is None where there was none. Both
    times are of one clock."""

    operation: Operation
    called_s: float
    answered_s: float | None


Model = Callable[[State, Operation], Iterator[State]]
"""The states in which the model may be after the operation, with the answer that it carries; none:
the answer cannot be given in this state."""


class TooLong(Exception):
    """The search was given up."""


def is_linearizable(
    history: Sequence[Call[Operation]], model: Model[State, Operation], initial: State
) -> bool:
    """Raises TooLong after `STEPS_LIMIT` steps."""
    calls = sorted(history, key=lambda call: call.called_s)
    must = sum(1 << number for number, call in enumerate(calls) if call.answered_s is not None)
    tried: set[tuple[int, State]] = {(0, initial)}
    open_ones = [(0, initial)]
    while open_ones:
        done, state = open_ones.pop()
        if done & must == must:
            return True
        if len(tried) > STEPS_LIMIT:
            raise TooLong(f"{len(calls)} calls")
        for number in _next(calls, done):
            is_open = calls[number].answered_s is None
            for after in model(state, calls[number].operation):
                step = (done | 1 << number, after)
                # One without an answer that changes nothing may as well never have been.
                if step not in tried and not (is_open and after == state):
                    tried.add(step)
                    open_ones.append(step)
    return False


def _next(calls: Sequence[Call[Operation]], done: int) -> Iterator[int]:
    """Those that may be the next to take effect: called before any that is left was answered."""
    left = [number for number in range(len(calls)) if not done >> number & 1]
    answers = (calls[number].answered_s for number in left)
    first_s = min((at for at in answers if at is not None), default=float("inf"))
    for number in left:
        if calls[number].called_s <= first_s:
            yield number
