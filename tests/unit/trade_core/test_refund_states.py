"""The table of a refund's states."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import RefundStatus as State
from trade_core.domain.refund import TRANSITIONS, RefundFact, after
from trade_core.domain.refused_results import IllegalTransition

DECISIONS = {RefundFact.SETTLED_OUTSIDE, RefundFact.RELEASED}
IMPOSSIBLE = {(State.SUCCEEDED, fact) for fact in (RefundFact.REFUSED, RefundFact.CONFLICT)} | set(
    itertools.product(set(State) - {State.ABNORMAL}, DECISIONS)
)
UNDECIDED = [RefundFact.UNDER_WAY, RefundFact.ABSENT, RefundFact.NOT_SENT, RefundFact.UNCLEAR]


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, RefundFact)))
def test_every_pair_is_in_the_table_or_raises(state: State, fact: RefundFact) -> None:
    if (state, fact) in IMPOSSIBLE:
        with pytest.raises(IllegalTransition):
            after(state, fact)
    else:
        assert after(state, fact) is TRANSITIONS[state, fact]


@pytest.mark.parametrize(("state", "fact"), list(itertools.product(State, UNDECIDED)))
def test_what_is_undecided_changes_nothing(state: State, fact: RefundFact) -> None:
    assert after(state, fact) is state


@given(
    st.sampled_from([RefundFact.RETURNED, RefundFact.REFUSED]),
    st.lists(st.sampled_from(UNDECIDED)),
    st.data(),
)
def test_any_order_of_the_facts_ends_with_the_decision(
    decision: RefundFact, others: list[RefundFact], data: st.DataObject
) -> None:
    state = State.PROCESSING
    for fact in data.draw(st.permutations([decision, decision, *others])):
        state = after(state, fact)
    assert state is (State.SUCCEEDED if decision is RefundFact.RETURNED else State.FAILED)
