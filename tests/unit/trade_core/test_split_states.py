"""The table of a split's states."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import SplitStatus as State
from trade_core.domain.refused_results import IllegalTransition
from trade_core.domain.split import TRANSITIONS, SplitFact, after

IMPOSSIBLE = {
    (State.SUCCEEDED, SplitFact.SHORT),
    (State.SUCCEEDED, SplitFact.REFUSED),
    (State.FAILED, SplitFact.SHARED),
}
UNDECIDED = [SplitFact.UNDER_WAY, SplitFact.ABSENT, SplitFact.NOT_SENT, SplitFact.UNCLEAR]


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, SplitFact)))
def test_every_pair_is_in_the_table_or_raises(state: State, fact: SplitFact) -> None:
    if (state, fact) in IMPOSSIBLE:
        with pytest.raises(IllegalTransition):
            after(state, fact)
    else:
        assert after(state, fact) is TRANSITIONS[state, fact]


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, UNDECIDED)))
def test_what_is_undecided_changes_nothing(state: State, fact: SplitFact) -> None:
    assert after(state, fact) is state


@given(
    st.sampled_from([SplitFact.SHARED, SplitFact.SHORT, SplitFact.REFUSED]),
    st.lists(st.sampled_from(UNDECIDED)),
    st.data(),
)
def test_any_order_of_the_facts_ends_with_the_decision(
    decision: SplitFact, others: list[SplitFact], data: st.DataObject
) -> None:
    state = State.PROCESSING
    for fact in data.draw(st.permutations([decision, decision, *others])):
        state = after(state, fact)
    assert state is (State.SUCCEEDED if decision is SplitFact.SHARED else State.FAILED)
