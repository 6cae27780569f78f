"""money-moved-outside: what payers' banks take back (disputes) is beside what channels count as
refunded, and comes back where it is won.

What left at the channel in all, by what became known in that order; paid 10.00:

| dispute | own refund | total of refunds | booked as external | in all |
|---|---|---|---|---|
| 400 | | 300, 400, 500 | 400 and the total | 700, 800, 900 |
| 400 | | 700 | 400 and 600, 100 told to people | 1000 |
| 400, before or after | | 300 | 400 and 300 | 700 |
| 400 | 300 succeeded | 300 | 400 | 700 |
| 400 | 300 succeeded | 500 | 400 and 200 | 900 |
| 400 | 300 under way | 300 | 400; the total is held until ours has ended | 700 or 700 |
| 400 | 700 under way | | held until ours has ended | 400, or told to people |
| 400, won | | 300 | 400 abnormal, 300 | 300 |

Statements list refunds and no disputes, so those explain none of their rows.
"""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from tests.builders.trade_core import aggregate, later, pending
from tests.unit.trade_core.test_moved_outside import (
    a_paid_order,
    answer,
    apply_at,
    external,
    kinds,
    refund,
    refused,
)

from contracts.api import PaymentStatus, RefundCause, RefundStatus
from contracts.events.results import Dispute, Verdict
from contracts.internal import RefundDecision
from trade_core.domain import statement_refunds
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.deciding import decide_refund
from trade_core.domain.operator_errors import DecisionImpossible
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund


def dispute_at(
    opened: OrderAggregate,
    payment: Payment,
    *,
    at: float,
    amount: int = 400,
    refunded: int = 0,
    number: str = "dp_1",
    taken: int = 1000,
) -> None:
    """The bank has taken it back; beside that, so much was refunded."""
    apply_at(
        opened, payment, at=at, amount=taken, refunded=True, amount_refunded=amount + refunded,
        channel_refund_no=number, channel_refund_amount=amount,
        dispute=Dispute(dispute_no=number, amount=amount),
    )  # fmt: skip


def won_at(opened: OrderAggregate, payment: Payment, *, at: float, **more: Any) -> None:
    dispute = Dispute(dispute_no="dp_1", amount=400, is_won=True)
    apply_at(opened, payment, at=at, dispute=dispute, **more)


def total_at(opened: OrderAggregate, payment: Payment, amount: int, *, at: float) -> None:
    apply_at(opened, payment, at=at, refunded=True, amount_refunded=amount)


def disputes(opened: OrderAggregate) -> list[Refund]:
    return [one for one in opened.refunds.values() if one.is_dispute]


def gone(opened: OrderAggregate, payment: Payment) -> int:
    return opened.payments[payment.payment_no].amount_refunded


def reserved(opened: OrderAggregate, payment: Payment) -> int:
    return opened.payments[payment.payment_no].refund_reserved


# ── disputes and totals of refunds ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("total", [300, 400, 500])
def test_a_total_of_refunds_counts_no_dispute(total: int) -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    total_at(opened, payment, total, at=120)
    assert external(opened) == [400, total]
    assert gone(opened, payment) == 400 + total
    assert kinds(opened) == ["refund.disputed", "refund.external"]


@pytest.mark.parametrize("total", [300, 400, 500])
def test_a_dispute_after_a_total_is_booked_beside_it(total: int) -> None:
    opened, payment = a_paid_order()
    total_at(opened, payment, total, at=60)
    dispute_at(opened, payment, at=120, refunded=total)
    assert external(opened) == [total, 400]
    assert [one.channel_refund_no for one in disputes(opened)] == ["dp_1"]
    assert gone(opened, payment) == 400 + total


def test_the_word_of_a_dispute_tells_refunds_that_nobody_had_told() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60, refunded=300)
    assert external(opened) == [400, 300]
    assert [(one.amount, one.channel_refund_no) for one in disputes(opened)] == [(400, "dp_1")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_words_of_disputes_and_refunds_count_in_any_order_and_twice(order: tuple[int, ...]) -> None:
    """Two disputes, and refunds of 2.00 before, of 3.00 after."""
    opened, payment = a_paid_order()
    words = [
        lambda: total_at(opened, payment, 200, at=60),
        lambda: dispute_at(opened, payment, at=70, refunded=200),
        lambda: dispute_at(opened, payment, at=80, amount=100, number="dp_2", refunded=200),
        lambda: total_at(opened, payment, 300, at=90),
    ]
    for each in (*order, *order):
        words[each]()
    assert sorted(one.amount for one in disputes(opened)) == [100, 400]
    assert sum(external(opened)) == 800
    assert gone(opened, payment) == 800
    assert "refund.external_exceeds" not in kinds(opened)


def test_more_than_was_paid_is_told_to_people() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    total_at(opened, payment, 700, at=120)
    assert external(opened) == [400, 600]
    assert "refund.external_exceeds" in kinds(opened)


def test_a_dispute_without_room_is_told_to_people() -> None:
    opened, payment = a_paid_order()
    total_at(opened, payment, 700, at=60)
    dispute_at(opened, payment, at=120, refunded=700)
    assert external(opened) == [700, 300]
    assert [one.amount for one in disputes(opened)] == [300]
    assert "refund.external_exceeds" in kinds(opened)


# ── beside refunds of ours ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("total", "outside"), [(300, [400]), (500, [400, 200])])
def test_our_own_refund_explains_the_total_and_no_dispute(total: int, outside: list[int]) -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    answer(opened, ours, Verdict.SUCCEEDED, at=10)
    dispute_at(opened, payment, at=60, refunded=300)
    total_at(opened, payment, total, at=120)
    assert external(opened) == outside
    assert gone(opened, payment) == 400 + total


def test_no_refund_under_way_is_taken_for_a_dispute_of_its_amount() -> None:
    opened, payment = a_paid_order()
    refund(opened, payment, 400)
    dispute_at(opened, payment, at=60)
    assert [one.amount for one in disputes(opened)] == [400]
    assert reserved(opened, payment) == 800


@pytest.mark.parametrize(
    ("verdict", "outside"), [(Verdict.SUCCEEDED, [400]), (Verdict.DECLINED, [400, 300])]
)
def test_a_total_beside_a_dispute_waits_for_the_refund_that_may_explain_it(
    verdict: Verdict, outside: list[int]
) -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    dispute_at(opened, payment, at=1)
    total_at(opened, payment, 300, at=2)
    assert external(opened) == [400]
    if verdict is Verdict.DECLINED:
        refused(opened, ours, at=3)
    answer(opened, ours, verdict, at=70)
    assert external(opened) == outside
    assert gone(opened, payment) == 700


def test_a_dispute_that_finds_no_room_is_booked_when_the_refund_under_way_fails() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 700)
    for at in (1, 2):
        dispute_at(opened, payment, at=at)
    assert external(opened) == []
    refused(opened, ours, at=3)
    assert [one.amount for one in disputes(opened)] == [400]
    total_at(opened, payment, 300, at=80)
    assert external(opened) == [400, 300]


def test_people_hear_where_a_refund_leaves_no_room_for_a_dispute() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 700)
    dispute_at(opened, payment, at=1)
    answer(opened, ours, Verdict.SUCCEEDED, at=3)
    assert external(opened) == [300]
    assert "refund.external_exceeds" in kinds(opened)


# ── statements ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", ["50001", ""])
def test_a_dispute_explains_no_refund_in_a_statement(number: str) -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    row = statement_refunds.StatementRefund(number, 300, later(-3600))
    statement_refunds.apply_statement(opened, payment.payment_no, [row], later(90_000))
    assert external(opened) == [400, 300]
    total_at(opened, payment, 300, at=90_060)
    assert external(opened) == [400, 300]


def test_a_dispute_that_a_statement_lists_under_its_number_is_booked_once() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    rows = [statement_refunds.StatementRefund(n, 400, later(-3600)) for n in ("dp_1", "50001")]
    statement_refunds.apply_statement(opened, payment.payment_no, rows, later(90_000))
    assert external(opened) == [400, 400]


# ── won ───────────────────────────────────────────────────────────────────────────────────────


def test_a_dispute_that_was_won_is_abnormal_and_a_person_ends_it() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    total_at(opened, payment, 300, at=120)
    for at in (180, 180, 240):
        won_at(opened, payment, at=at, refunded=True, amount_refunded=300)
    [won] = disputes(opened)
    assert won.state is RefundStatus.ABNORMAL
    assert won.failure is not None
    assert won.failure.code == "dispute_won"
    assert gone(opened, payment) == 300
    assert opened.entries[-1].kind == "refund_bounced"
    assert kinds(opened) == ["refund.disputed", "refund.external", "refund.abnormal"]
    with pytest.raises(DecisionImpossible):
        decide_refund(opened, won.refund_no, RefundDecision.PAY_OUT, seen=won.version)
    decide_refund(opened, won.refund_no, RefundDecision.RELEASE, seen=won.version)
    assert reserved(opened, payment) == 300

    dispute_at(opened, payment, at=60)  # An old word comes again.
    assert disputes(opened)[0].state is RefundStatus.FAILED
    total_at(opened, payment, 300, at=300)
    assert external(opened) == [400, 300]
    assert gone(opened, payment) == 300


def test_the_bank_may_take_again_what_was_won() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    won_at(opened, payment, at=180)
    dispute_at(opened, payment, at=240)
    assert [one.state for one in disputes(opened)] == [RefundStatus.SUCCEEDED]
    assert gone(opened, payment) == 400
    won_at(opened, payment, at=180)  # An old word comes again.
    assert [one.state for one in disputes(opened)] == [RefundStatus.SUCCEEDED]


def test_people_hear_of_what_the_bank_takes_again_where_no_room_is_left() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    won_at(opened, payment, at=180)
    [won] = disputes(opened)
    decide_refund(opened, won.refund_no, RefundDecision.RELEASE, seen=won.version)
    refund(opened, opened.payments[payment.payment_no], 900)
    dispute_at(opened, payment, at=240)
    assert disputes(opened)[0].state is RefundStatus.FAILED
    assert kinds(opened)[-1] == "refund.external_exceeds"


def test_a_dispute_that_was_never_booked_is_won_quietly() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 700)
    dispute_at(opened, payment, at=1)
    won_at(opened, payment, at=2)
    answer(opened, ours, Verdict.SUCCEEDED, at=3)
    assert external(opened) == []
    assert kinds(opened) == []


def test_a_dispute_of_which_we_heard_after_it_was_won_is_booked_when_it_is_taken_again() -> None:
    opened, payment = a_paid_order()
    for _ in range(2):
        won_at(opened, payment, at=120)
        dispute_at(opened, payment, at=60)
    ours = refund(opened, opened.payments[payment.payment_no], 300)
    answer(opened, ours, Verdict.SUCCEEDED, at=130)
    assert external(opened) == []
    dispute_at(opened, payment, at=180, refunded=300)
    assert external(opened) == [400]
    assert opened.payments[payment.payment_no].held_words == ()


def test_money_that_the_bank_took_was_taken_by_the_channel_first() -> None:
    """The word of the dispute is the first that we hear: it is no reversal."""
    order, payment = pending(amount=1000)
    opened = aggregate(replace(order, amount=1000), payment)
    dispute_at(opened, payment, at=60, amount=1000)
    assert opened.payments[payment.payment_no].state is PaymentStatus.SUCCEEDED
    assert gone(opened, payment) == 1000


def test_people_hear_of_a_dispute_of_money_that_nobody_has_accepted() -> None:
    order, payment = pending(amount=1000)
    opened = aggregate(replace(order, amount=1000), payment)
    dispute_at(opened, payment, at=60, amount=1000, taken=900)
    assert kinds(opened) == ["payment.conflicted", "payment.refunded_outside"]


# ── releases that know of no disputes ─────────────────────────────────────────────────────────


def test_a_dispute_booked_by_a_release_that_knew_none_is_marked_by_its_next_word() -> None:
    opened, payment = a_paid_order()
    dispute_at(opened, payment, at=60)
    [booked] = disputes(opened)
    opened.refunds[booked.refund_no] = replace(booked, is_dispute=False)
    dispute_at(opened, payment, at=120)
    total_at(opened, payment, 300, at=180)
    assert external(opened) == [400, 300]


# ── less than was booked ──────────────────────────────────────────────────────────────────────


def test_people_hear_where_a_channel_counts_less_than_was_booked() -> None:
    """A refund in its console failed later, or a release that knew none has booked a dispute."""
    opened, payment = a_paid_order()
    total_at(opened, payment, 400, at=60)
    total_at(opened, payment, 300, at=30)  # It is older.
    assert kinds(opened) == ["refund.external"]
    total_at(opened, payment, 300, at=120)
    assert kinds(opened) == ["refund.external", "refund.less_went_back"]
    assert [(o.cause, o.amount) for o in opened.refunds.values()] == [(RefundCause.EXTERNAL, 400)]
