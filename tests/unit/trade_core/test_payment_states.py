"""The table of a payment's states: complete, and the same end whatever the order of the facts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import PaymentStatus as State
from trade_core.domain.payment import OPEN, TRANSITIONS, PaymentFact, after
from trade_core.domain.refused_results import IllegalTransition

DECISIONS = {PaymentFact.ACCEPTED, PaymentFact.SENT_BACK, PaymentFact.IGNORED}
ENDS = {State.SUCCEEDED, State.FAILED, State.CLOSED, State.CONFLICTED}
IMPOSSIBLE = (
    {(state, PaymentFact.CHOSEN) for state in State if state is not State.PENDING}
    | {(State.PENDING, PaymentFact.NOT_SENT)}
    | set(itertools.product(set(State) - {State.CONFLICTED}, DECISIONS))
)


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, PaymentFact)))
def test_every_pair_is_in_the_table_or_raises(state: State, fact: PaymentFact) -> None:
    if (state, fact) in IMPOSSIBLE:
        with pytest.raises(IllegalTransition):
            after(state, fact)
    else:
        assert after(state, fact) is TRANSITIONS[state, fact]


def test_money_that_was_taken_stays_taken() -> None:
    words = set(PaymentFact) - DECISIONS - {PaymentFact.CHOSEN}
    afters = {after(State.SUCCEEDED, fact) for fact in words}
    assert afters == {State.SUCCEEDED}


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONFLICTED])
def test_success_is_heard_in_every_state(state: State) -> None:
    assert after(state, PaymentFact.PAID) is State.SUCCEEDED


@pytest.mark.parametrize("state", [State.FAILED, State.CLOSED])
def test_end_without_money_gives_way_to_money_only(state: State) -> None:
    kept = {
        PaymentFact.WAITING,
        PaymentFact.DECLINED,
        PaymentFact.NOT_SENT,
        PaymentFact.ENDED,
        PaymentFact.UNCLEAR,
    }
    assert {after(state, fact) for fact in kept} == {state}


@pytest.mark.parametrize(
    ("decision", "end"),
    [
        (PaymentFact.ACCEPTED, State.SUCCEEDED),
        (PaymentFact.SENT_BACK, State.SUCCEEDED),
        (PaymentFact.IGNORED, State.FAILED),
    ],
)
def test_conflict_ends_by_a_persons_decision_or_when_the_money_is_back(
    decision: PaymentFact, end: State
) -> None:
    assert after(State.CONFLICTED, decision) is end
    states = {
        after(State.CONFLICTED, fact)
        for fact in set(PaymentFact) - DECISIONS - {PaymentFact.CHOSEN, PaymentFact.REVERSED}
    }
    assert states == {State.CONFLICTED}
    assert after(State.CONFLICTED, PaymentFact.REVERSED) is State.CLOSED


def test_unclear_never_ends_a_payment() -> None:
    for state in OPEN:
        assert after(state, PaymentFact.UNCLEAR) in OPEN


@pytest.mark.parametrize("state", [*sorted(OPEN), State.FAILED, State.CLOSED])
def test_conflict_is_never_booked(state: State) -> None:
    assert after(state, PaymentFact.CONFLICT) is State.CONFLICTED
    assert after(State.CONFLICTED, PaymentFact.PAID) is State.CONFLICTED


UNSAID = {PaymentFact.CHOSEN, PaymentFact.NOT_SENT}
"""What cannot come in any order: before the channel was asked, and instead of its answer."""

STORIES = [
    [PaymentFact.WAITING, PaymentFact.UNCLEAR, PaymentFact.PAID],
    [PaymentFact.UNCLEAR, PaymentFact.WAITING, PaymentFact.PAID, PaymentFact.ENDED],
    [PaymentFact.WAITING, PaymentFact.UNCLEAR, PaymentFact.DECLINED],
    [PaymentFact.WAITING, PaymentFact.UNCLEAR, PaymentFact.ENDED],
    [PaymentFact.WAITING, PaymentFact.ENDED, PaymentFact.PAID],
    [PaymentFact.UNCLEAR, PaymentFact.DECLINED, PaymentFact.PAID],
    [PaymentFact.UNCLEAR, PaymentFact.NOT_SENT],
    [PaymentFact.WAITING, PaymentFact.UNCLEAR],
    [PaymentFact.WAITING, PaymentFact.UNCLEAR, PaymentFact.CONFLICT],
]
"""What may truly become known of one payment, in the order in which it happens."""


@given(st.sampled_from(STORIES), st.data())
def test_any_order_and_repetition_of_a_story_ends_alike(
    story: list[PaymentFact], data: st.DataObject
) -> None:
    repeated = [*story, *data.draw(st.lists(st.sampled_from(story), max_size=6))]
    assert _end(data.draw(st.permutations(repeated))) is _end(story)


KEPT = [f for f in PaymentFact if f not in {*UNSAID, *DECISIONS, PaymentFact.REVERSED}]


@given(st.lists(st.sampled_from(KEPT)))
def test_whatever_is_heard_success_is_never_forgotten(facts: list[PaymentFact]) -> None:
    end = _end(facts)
    if PaymentFact.PAID in facts:
        assert end in (State.SUCCEEDED, State.CONFLICTED)
    assert end in ENDS or end in OPEN


def _end(facts: list[PaymentFact]) -> State:
    state = State.INITIATING
    for fact in facts:
        state = after(state, fact)
    return state
