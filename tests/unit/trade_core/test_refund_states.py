"""The table of a refund's states."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import RefundStatus as State
from trade_core.domain.errors import IllegalTransition
from trade_core.domain.refund import TRANSITIONS, Fact, after

DECISIONS = {Fact.SETTLED_OUTSIDE, Fact.RELEASED}
IMPOSSIBLE = {(State.SUCCEEDED, Fact.REFUSED), (State.FAILED, Fact.RETURNED)} | set(
    itertools.product(set(State) - {State.ABNORMAL}, DECISIONS)
)
UNDECIDED = [Fact.UNDER_WAY, Fact.ABSENT, Fact.NOT_SENT, Fact.UNCLEAR]


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, Fact)))
def test_every_pair_is_in_the_table_or_raises(state: State, fact: Fact) -> None:
    if (state, fact) in IMPOSSIBLE:
        with pytest.raises(IllegalTransition):
            after(state, fact)
    else:
        assert after(state, fact) is TRANSITIONS[state, fact]


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, UNDECIDED)))
def test_what_is_undecided_changes_nothing(state: State, fact: Fact) -> None:
    assert after(state, fact) is state


@given(
    st.sampled_from([Fact.RETURNED, Fact.REFUSED]),
    st.lists(st.sampled_from([*UNDECIDED, Fact.STUCK])),
    st.data(),
)
def test_any_order_of_the_facts_ends_with_the_decision(
    decision: Fact, others: list[Fact], data: st.DataObject
) -> None:
    state = State.PROCESSING
    for fact in data.draw(st.permutations([decision, decision, *others])):
        state = after(state, fact)
    assert state is (State.SUCCEEDED if decision is Fact.RETURNED else State.FAILED)
