"""What rows of a statement are to us, and what a comparison makes of the differences on file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import new_id
from contracts.internal import DifferenceKind, DifferenceState, ReconciliationState, StatementRow
from trade_core.domain.reconciling import (
    About,
    Found,
    Key,
    ended,
    find_own,
    judge,
    missed,
    unfinished,
)

P, R = "P01KAN5C2FN0000000000000001", "R01KAN5C2FN0000000000000002"
ASKED, OPEN = DifferenceState.ASKED, DifferenceState.OPEN
CLOSED, SETTLED = DifferenceState.CLOSED, DifferenceState.SETTLED
EVERY_STATE = [ASKED, OPEN, CLOSED, SETTLED]


def row(**changes: Any) -> StatementRow:
    usual = StatementRow(
        kind="payment",
        payment_no=P,
        refund_no="",
        channel_no="42000",
        amount=100,
        currency="CNY",
        fee=1,
        at=None,
    )
    return usual.model_copy(update=changes)


def found(
    kind: DifferenceKind = DifferenceKind.AMOUNT, subject: str = P, status: str | None = "succeeded"
) -> Found:
    about: About = "refund" if subject.startswith("R") else "payment"
    return Found(kind, about, subject, "42000", 100, "CNY", status, 101, "CNY")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("payment", P, "42000")),
        ({"kind": "refund", "refund_no": R}, ("refund", R, "42000")),
        ({"kind": "refund", "refund_no": "BY-HAND"}, ("refund", P, "BY-HAND")),
        ({"kind": "refund"}, ("refund", P, "42000")),
        ({"payment_no": "SHOP-1"}, None),
        ({"payment_no": P.lower()}, None),
        ({"payment_no": ""}, None),
        ({"kind": "refund", "payment_no": "SHOP-1", "refund_no": "SHOP-R1"}, None),
        ({"kind": "other"}, None),
    ],
    ids=str,
)
def test_row_is_ours_by_the_form_of_its_number(
    changes: dict[str, str], expected: tuple[str, str, str] | None
) -> None:
    own = find_own(row(**changes))
    assert (own and (own.about, own.subject, own.channel_no)) == expected


@pytest.mark.parametrize(
    ("subject", "status", "state"),
    [
        (P, "initiating", ASKED),
        (P, "pending", ASKED),
        (P, "unknown", ASKED),
        (P, "closed", ASKED),
        (P, "failed", ASKED),
        (P, "conflicted", OPEN),
        (P, "succeeded", OPEN),
        (R, "processing", ASKED),
        (R, "abnormal", ASKED),
        (R, "failed", ASKED),
        (R, "succeeded", OPEN),
    ],
)
def test_what_the_channel_can_still_tell_us_is_asked_first(
    subject: str, status: str, state: DifferenceState
) -> None:
    one = found(DifferenceKind.NOT_BOOKED, subject, status)
    judgement = judge([one], {}, unlisted=0, seen=())
    assert judgement.states == [state]
    is_due = status in ("initiating", "pending", "unknown", "processing")
    assert (unfinished([one]), ended([one])) == (
        [subject] if state is ASKED and is_due else [],
        [subject] if state is ASKED and not is_due else [],
    )


def test_only_a_later_comparison_calls_it_a_difference() -> None:
    one = found(DifferenceKind.NOT_BOOKED, status="unknown")
    first = judge([one], {}, unlisted=0, seen=())
    assert (first.state, first.open_count, first.opened) == (ReconciliationState.COMPARING, 0, [])
    later = judge([one], {one.key: ASKED}, unlisted=0, seen=())
    assert (later.state, later.open_count, later.opened) == (ReconciliationState.DIFFERS, 1, [one])
    again = judge([one], {one.key: OPEN}, unlisted=0, seen=())
    assert (again.open_count, again.opened) == (1, [])


def test_what_is_not_found_any_more_closes_but_for_what_a_person_settled() -> None:
    keys: dict[Key, DifferenceState] = {
        (DifferenceKind.AMOUNT, "payment", str(state)): state for state in EVERY_STATE
    }
    judgement = judge([], keys, unlisted=0, seen=())
    assert [subject for _, _, subject in judgement.closed] == ["asked", "open"]
    assert judgement.state is ReconciliationState.MATCHED


def test_what_the_statement_lacked_stays_open_until_a_statement_has_it() -> None:
    lost = found(DifferenceKind.NOT_BILLED)
    assert missed({lost.key: OPEN, found().key: OPEN}) == [lost.key]
    judgement = judge([], {lost.key: OPEN}, unlisted=0, seen=())
    assert (judgement.closed, judgement.open_count) == ([], 1)
    for unlisted in (0, 7):
        judgement = judge([], {lost.key: OPEN}, unlisted=unlisted, seen={P})
        assert (judgement.closed, judgement.open_count) == ([lost.key], unlisted)


def test_nothing_closes_where_more_differs_than_is_listed() -> None:
    one, gone = found(), found(subject=new_id("payment"))
    judgement = judge([one], {gone.key: OPEN}, unlisted=7, seen=())
    assert (judgement.closed, judgement.open_count) == ([], 8)


def test_settled_difference_is_neither_open_nor_told_again() -> None:
    one = found()
    judgement = judge([one], {one.key: SETTLED}, unlisted=0, seen=())
    assert (judgement.states, judgement.opened, judgement.open_count) == ([SETTLED], [], 0)


KINDS = st.sampled_from(list(DifferenceKind))
STATUSES = st.sampled_from(["pending", "closed", "succeeded", "conflicted"])
NUMBERS = st.sampled_from([P[:-1] + digit for digit in "0123456789"])
FOUND = st.lists(
    st.builds(found, KINDS, NUMBERS, STATUSES), unique_by=lambda one: one.key, max_size=20
)


KEYS = st.tuples(KINDS, st.just("payment"), NUMBERS)
KNOWN = st.dictionaries(KEYS, st.sampled_from(EVERY_STATE)).map(
    lambda known: {
        key: state
        for key, state in known.items()
        if state is not ASKED or key[0] is DifferenceKind.NOT_BOOKED
    }
)


@given(FOUND, KNOWN)
def test_judging_twice_settles_and_counts_exactly_what_is_open(
    them: list[Found], known: dict[Key, DifferenceState]
) -> None:
    once = judge(them, known, unlisted=0, seen=())
    after = apply(them, known, once.states, once.closed)
    twice = judge(them, after, unlisted=0, seen=())
    final = apply(them, after, twice.states, twice.closed)
    thrice = judge(them, final, unlisted=0, seen=())
    assert not twice.is_asking
    assert thrice.states == twice.states
    assert not thrice.closed
    assert not thrice.opened
    still = {key for key, state in final.items() if state is OPEN}
    assert thrice.open_count == len(still)
    lacked = {key for key in known if key[0] is DifferenceKind.NOT_BILLED}
    assert still <= {one.key for one in them} | lacked


def apply(
    them: list[Found],
    known: dict[Key, DifferenceState],
    states: Any,
    closed: Any,
) -> dict[Key, DifferenceState]:
    """The differences on file after a judgement."""
    found_now = {one.key: state for one, state in zip(them, states, strict=True)}
    return {**known, **dict.fromkeys(closed, CLOSED), **found_now}
