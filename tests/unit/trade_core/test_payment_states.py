"""The table of a payment's states: complete, and the same end whatever the order of the facts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import PaymentStatus as State
from trade_core.domain.errors import IllegalTransition
from trade_core.domain.payment import OPEN, TRANSITIONS, Fact, after

DECISIONS = {Fact.ACCEPTED, Fact.SENT_BACK, Fact.IGNORED}
ENDS = {State.SUCCEEDED, State.FAILED, State.CLOSED, State.CONFLICTED}
IMPOSSIBLE = (
    {(state, Fact.CHOSEN) for state in State if state is not State.PENDING}
    | {(State.PENDING, Fact.NOT_SENT)}
    | set(itertools.product(set(State) - {State.CONFLICTED}, DECISIONS))
)


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, Fact)))
def test_every_pair_is_in_the_table_or_raises(state: State, fact: Fact) -> None:
    if (state, fact) in IMPOSSIBLE:
        with pytest.raises(IllegalTransition):
            after(state, fact)
    else:
        assert after(state, fact) is TRANSITIONS[state, fact]


def test_money_that_was_taken_stays_taken() -> None:
    words = set(Fact) - DECISIONS - {Fact.CHOSEN}
    afters = {after(State.SUCCEEDED, fact) for fact in words}
    assert afters == {State.SUCCEEDED}


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONFLICTED])
def test_success_is_heard_in_every_state(state: State) -> None:
    assert after(state, Fact.PAID) is State.SUCCEEDED


@pytest.mark.parametrize("state", [State.FAILED, State.CLOSED])
def test_end_without_money_gives_way_to_money_only(state: State) -> None:
    kept = {Fact.WAITING, Fact.DECLINED, Fact.NOT_SENT, Fact.ENDED, Fact.UNCLEAR}
    assert {after(state, fact) for fact in kept} == {state}


@pytest.mark.parametrize(
    ("decision", "end"),
    [
        (Fact.ACCEPTED, State.SUCCEEDED),
        (Fact.SENT_BACK, State.SUCCEEDED),
        (Fact.IGNORED, State.FAILED),
    ],
)
def test_conflict_ends_by_a_persons_decision_only(decision: Fact, end: State) -> None:
    assert after(State.CONFLICTED, decision) is end
    said = {after(State.CONFLICTED, fact) for fact in set(Fact) - DECISIONS - {Fact.CHOSEN}}
    assert said == {State.CONFLICTED}


def test_unclear_never_ends_a_payment() -> None:
    for state in OPEN:
        assert after(state, Fact.UNCLEAR) in OPEN


@pytest.mark.parametrize("state", [*sorted(OPEN), State.FAILED, State.CLOSED])
def test_conflict_is_never_booked(state: State) -> None:
    assert after(state, Fact.CONFLICT) is State.CONFLICTED
    assert after(State.CONFLICTED, Fact.PAID) is State.CONFLICTED


UNSAID = {Fact.CHOSEN, Fact.NOT_SENT}
"""What cannot come in any order: before the channel was asked, and instead of its answer."""

STORIES = [
    [Fact.WAITING, Fact.UNCLEAR, Fact.PAID],
    [Fact.UNCLEAR, Fact.WAITING, Fact.PAID, Fact.ENDED],
    [Fact.WAITING, Fact.UNCLEAR, Fact.DECLINED],
    [Fact.WAITING, Fact.UNCLEAR, Fact.ENDED],
    [Fact.WAITING, Fact.ENDED, Fact.PAID],
    [Fact.UNCLEAR, Fact.DECLINED, Fact.PAID],
    [Fact.UNCLEAR, Fact.NOT_SENT],
    [Fact.WAITING, Fact.UNCLEAR],
    [Fact.WAITING, Fact.UNCLEAR, Fact.CONFLICT],
]
"""What may truly become known of one payment, in the order in which it happens."""


@given(st.sampled_from(STORIES), st.data())
def test_any_order_and_repetition_of_a_story_ends_alike(
    story: list[Fact], data: st.DataObject
) -> None:
    repeated = [*story, *data.draw(st.lists(st.sampled_from(story), max_size=6))]
    assert _end(data.draw(st.permutations(repeated))) is _end(story)


@given(st.lists(st.sampled_from([f for f in Fact if f not in {*UNSAID, *DECISIONS}])))
def test_whatever_is_heard_success_is_never_forgotten(facts: list[Fact]) -> None:
    end = _end(facts)
    if Fact.PAID in facts:
        assert end in (State.SUCCEEDED, State.CONFLICTED)
    assert end in ENDS or end in OPEN


def _end(facts: list[Fact]) -> State:
    state = State.INITIATING
    for fact in facts:
        state = after(state, fact)
    return state
