"""The checker of histories passes what can be explained and refuses what cannot, on orders."""

from tests.chaos.linearizable import Call, is_linearizable
from tests.chaos.order_model import (
    Close,
    Create,
    Operation,
    OrderModel,
    OrderState,
    Paid,
    RefundAsked,
    Returned,
    Seen,
)

AMOUNT = 1299
ABSENT, OPEN, CLOSED = Seen("absent"), Seen("open"), Seen("closed")
PAID = Seen("paid", AMOUNT)


def seen_refunded(*refunds: tuple[str, int, str]) -> Seen:
    gone = sum(amount for _, amount, status in refunds if status == "succeeded")
    return Seen("paid", AMOUNT, gone, frozenset(refunds))


def legal(*calls: tuple[Operation, float, float | None]) -> bool:
    history = [Call(*each) for each in calls]
    return is_linearizable(history, OrderModel(AMOUNT), OrderState())


def one_after_the_other(*operations: Operation) -> bool:
    return legal(*((operation, at, at + 0.5) for at, operation in enumerate(operations)))


# ── what is legal ─────────────────────────────────────────────────────────────────────────────


def test_a_life_told_in_order() -> None:
    assert legal(
        (ABSENT, 0, 1),
        (Create("pending"), 2, 3),
        (Paid(), 4, None),
        (OPEN, 5, 6),
        (PAID, 7, 8),
        (RefundAsked("A", 500, "accepted"), 9, 10),
        (Returned("A"), 9, None),
        (seen_refunded(("A", 500, "processing")), 11, 12),
        (seen_refunded(("A", 500, "succeeded")), 13, 14),
    )


def test_calls_at_the_same_time_take_effect_in_any_order() -> None:
    assert legal((Create("pending"), 0, 10), (ABSENT, 1, 9), (OPEN, 2, 8))
    assert legal((OPEN, 0, 10), (Create("pending"), 1, 9))


def test_a_create_without_an_answer_may_have_happened_or_not() -> None:
    assert legal((Create(None), 0, None), (ABSENT, 1, 2))
    assert legal((Create(None), 0, None), (ABSENT, 1, 2), (OPEN, 3, 4))
    assert legal((Create(None), 0, None), (Create("pending"), 1, 2), (OPEN, 3, 4))


def test_a_refund_without_an_answer_may_have_happened_or_not() -> None:
    begin = ((Create("pending"), 0.0, 1.0), (Paid(), 2.0, None), (PAID, 3.0, 4.0))
    unknown = (RefundAsked("A", 1000, None), 5.0, None)
    assert legal(*begin, unknown, (RefundAsked("B", 500, "accepted"), 6, 7))
    assert legal(*begin, unknown, (RefundAsked("B", 500, "too much"), 6, 7))


def test_a_payer_may_be_later_than_the_close() -> None:
    assert legal(
        (Create("pending"), 0, 1), (Close("closed"), 2, 3), (Paid(), 2, None), (PAID, 4, 5)
    )


def test_an_order_that_a_channel_keeps_open_may_be_closed_later() -> None:
    assert legal(
        (Create("pending"), 0, 1), (Close("open"), 2, 3), (Close(None), 2, None),
        (OPEN, 4, 5), (CLOSED, 6, 7),
    )  # fmt: skip


def test_the_same_refund_asked_twice_is_one() -> None:
    same = RefundAsked("A", 1000, "accepted")
    assert legal(
        (Create("pending"), 0, 1), (Paid(), 2, None), (same, 3, 9), (same, 4, 8),
        (seen_refunded(("A", 1000, "processing")), 10, 11),
    )  # fmt: skip


def test_what_was_asked_in_vain_a_hundred_times_is_judged_at_once() -> None:
    """While a database is away, each call without an answer doubles what a plain search tries."""
    refunds = (RefundAsked(number, 500, None) for number in "ABC")
    unknown: tuple[Operation, ...] = (Create(None), *refunds)
    in_vain = [(each, 1.0 + at / 100, None) for at in range(30) for each in unknown]
    assert legal(*in_vain, (Create("pending"), 2, 3), (OPEN, 4, 5))
    assert not legal(*in_vain, (Create("pending"), 2, 3), (ABSENT, 4, 5))


# ── what is not ───────────────────────────────────────────────────────────────────────────────


def test_an_order_that_was_answered_is_not_absent_afterwards() -> None:
    assert not one_after_the_other(Create("pending"), ABSENT)


def test_an_order_is_not_seen_before_anybody_asked_for_it() -> None:
    assert not one_after_the_other(OPEN, Create("pending"))


def test_what_was_seen_is_not_unseen() -> None:
    unknown = (Create(None), 0.0, None)
    assert not legal(unknown, (OPEN, 1, 2), (ABSENT, 3, 4))


def test_paid_does_not_become_open_again() -> None:
    assert not legal((Create("pending"), 0, 1), (Paid(), 2, None), (PAID, 3, 4), (OPEN, 5, 6))


def test_nobody_is_paid_without_a_payer() -> None:
    assert not one_after_the_other(Create("pending"), PAID)


def test_a_payer_who_comes_later_has_not_paid_before() -> None:
    assert not legal((Create("pending"), 0, 1), (PAID, 2, 3), (Paid(), 4, None))


def test_more_is_not_refunded_than_was_paid() -> None:
    assert not legal(
        (Create("pending"), 0, 1), (Paid(), 2, None),
        (RefundAsked("A", 1000, "accepted"), 3, 9), (RefundAsked("B", 500, "accepted"), 4, 8),
    )  # fmt: skip


def test_a_refund_that_fits_is_not_too_much() -> None:
    assert not legal(
        (Create("pending"), 0, 1), (Paid(), 2, None), (PAID, 3, 4),
        (RefundAsked("A", 500, "too much"), 5, 6),
    )  # fmt: skip


def test_a_refund_that_was_accepted_is_not_missing() -> None:
    assert not legal(
        (Create("pending"), 0, 1), (Paid(), 2, None), (RefundAsked("A", 500, "accepted"), 3, 4),
        (PAID, 5, 6),
    )  # fmt: skip


def test_a_refund_is_not_taken_back() -> None:
    gone, going = (seen_refunded(("A", 500, how)) for how in ("succeeded", "processing"))
    assert not legal(
        (Create("pending"), 0, 1), (Paid(), 2, None), (RefundAsked("A", 500, "accepted"), 3, 4),
        (Returned("A"), 3, None), (gone, 5, 6), (going, 7, 8),
    )  # fmt: skip


def test_an_amount_is_not_half_of_two_states() -> None:
    half = Seen("paid", AMOUNT, 500, frozenset({("A", 500, "processing")}))
    assert not legal(
        (Create("pending"), 0, 1), (Paid(), 2, None), (RefundAsked("A", 500, "accepted"), 3, 4),
        (Returned("A"), 3, None), (half, 5, 6),
    )  # fmt: skip


def test_a_closed_order_is_not_open_afterwards() -> None:
    assert not one_after_the_other(Create("pending"), Close("closed"), OPEN)


def test_a_closed_order_takes_no_payer_in_the_answer_of_a_create() -> None:
    assert not one_after_the_other(Create("pending"), Close("closed"), Create("pending"))
