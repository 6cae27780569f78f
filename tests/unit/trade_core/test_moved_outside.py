"""money-moved-outside: what went back at the channel without us is booked, once, and bounded."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import (
    aggregate,
    apply_word,
    later,
    paid,
    payment_result,
    pending,
    refund_result,
)

from contracts.api import CreateRefund, RefundCause, RefundStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import Source, Verdict
from contracts.identifiers import new_id
from contracts.internal import RefundDecision
from trade_core.domain import due, moved_outside, refund_reservation, statement_refunds
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_result import apply_payment_result
from trade_core.domain.deciding import decide_refund
from trade_core.domain.errors import RefundExceedsPaid
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.refused_results import ResultRefused

DAY_S = 86_400


def a_paid_order(amount: int = 1000) -> tuple[OrderAggregate, Payment]:
    order, payment = pending(amount=amount)
    opened = aggregate(replace(order, amount=amount), payment)
    apply_at(opened, payment)
    return opened, opened.payments[payment.payment_no]


def apply_at(opened: OrderAggregate, payment: Payment, *, at: float = 0, **more: Any) -> None:
    """A word of success, true at that second."""
    opened.now = max(opened.now, later(at))
    word = paid(payment, Source.QUERY, asked_at=later(at), said_at=later(at), **more)
    apply_payment_result(opened, word, said_at=later(at), late=LatePayment.ACCEPT)


def refund(opened: OrderAggregate, payment: Payment, amount: int, number: str = "T1") -> Refund:
    request = CreateRefund(
        merchant_id="M1", payment_id="C1", payment_no=payment.payment_no,
        merchant_refund_no=number, amount=amount,
    )  # fmt: skip
    return refund_reservation.refund_as_requested(opened, request)


def answer(opened: OrderAggregate, refund: Refund, verdict: Verdict, *, at: float) -> None:
    word = refund_result(
        refund, Source.QUERY_REFUND, verdict, asked_at=later(at), said_at=later(at)
    )
    apply_word(opened, word)


def external(opened: OrderAggregate) -> list[int]:
    return [r.amount for r in opened.refunds.values() if r.cause is RefundCause.EXTERNAL]


def kinds(opened: OrderAggregate) -> list[str]:
    return [alert.key.partition(":")[0] for alert in opened.alerts]


def test_a_refund_at_the_channels_console_is_booked_told_and_posted() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=300, channel_refund_no="50001")
    (refunded,) = opened.refunds.values()
    assert (refunded.cause, refunded.state) == (RefundCause.EXTERNAL, RefundStatus.SUCCEEDED)
    assert (refunded.amount, refunded.channel_refund_no) == (300, "50001")
    assert refunded.refund_no.startswith("R")
    assert refunded.merchant_refund_no is None
    now_is = opened.payments[payment.payment_no]
    assert (now_is.refund_reserved, now_is.amount_refunded) == (300, 300)
    assert opened.order.amount_refunded == 300
    assert [event.type for event in opened.events][-2:] == ["refund.created", "refund.succeeded"]
    assert [entry.kind for entry in opened.entries][-2:] == ["refund_started", "refund_settled"]
    assert kinds(opened) == ["refund.external"]


def called_closed(opened: OrderAggregate, payment: Payment, source: Source, *, at: float) -> None:
    opened.now = max(opened.now, later(at))
    word = payment_result(
        payment, source, Verdict.DECLINED,
        closed=True, code="TRADE_CLOSED", asked_at=later(at), said_at=later(at),
    )  # fmt: skip
    apply_payment_result(opened, word, said_at=later(at), late=LatePayment.ACCEPT)


def test_what_is_called_closed_after_it_was_paid_is_asked_about() -> None:
    """TRADE_CLOSED, and no amount: Alipay says that of what was given back in full."""
    opened, payment = a_paid_order()
    opened.next_checks.clear()
    called_closed(opened, payment, Source.NOTICE, at=60)
    assert opened.next_checks[payment.payment_no] == due.returns_check(opened.now)
    assert (external(opened), kinds(opened)) == ([], [])
    apply_at(opened, payment, at=65, amount_refunded=1000)
    assert external(opened) == [1000]
    opened.next_checks.clear()
    called_closed(opened, payment, Source.NOTICE, at=70)
    assert opened.next_checks == {}


def test_people_hear_of_what_the_channel_asked_calls_closed_and_no_more() -> None:
    opened, payment = a_paid_order()
    called_closed(opened, payment, Source.QUERY, at=60)
    assert opened.next_checks[payment.payment_no] == due.returns_check(opened.now)
    assert kinds(opened) == ["payment.closed_after_success"]


def test_our_own_refund_under_way_may_be_why_it_is_called_closed() -> None:
    opened, payment = a_paid_order()
    refund(opened, payment, 1000)
    called_closed(opened, payment, Source.QUERY, at=60)
    assert opened.next_checks[payment.payment_no] == due.returns_check(opened.now)
    assert kinds(opened) == []


def test_that_it_was_closed_before_it_was_paid_is_no_news() -> None:
    opened, payment = a_paid_order()
    opened.next_checks.clear()
    called_closed(opened, payment, Source.NOTICE, at=-60)
    assert opened.next_checks == {}


def test_the_same_total_again_books_nothing() -> None:
    opened, payment = a_paid_order()
    for at in (60, 60, 90):
        apply_at(opened, payment, at=at, amount_refunded=300)
    assert external(opened) == [300]
    apply_at(opened, payment, at=120, amount_refunded=500)
    apply_at(opened, payment, at=60, amount_refunded=300)  # late
    assert external(opened) == [300, 200]


def test_our_own_refund_explains_the_total() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    answer(opened, ours, Verdict.SUCCEEDED, at=10)
    apply_at(opened, payment, at=20, amount_refunded=300)
    assert external(opened) == []
    assert opened.next_checks[payment.payment_no] is None
    apply_at(opened, payment, at=30, amount_refunded=600)
    assert external(opened) == [300]


def test_what_a_refund_under_way_may_explain_is_asked_about_again() -> None:
    """Paid 10.00, 3.00 back at the console; the app refunds 3.00 at the same moment."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=300)
    assert external(opened) == []
    check = opened.next_checks[payment.payment_no]
    assert check is not None
    assert check.due_at == opened.now + timedelta(seconds=5)
    answer(opened, ours, Verdict.SUCCEEDED, at=10)
    assert payment.payment_no in opened.urgent
    apply_at(opened, payment, at=11, amount_refunded=600)
    assert external(opened) == [300]
    assert opened.payments[payment.payment_no].refund_reserved == 600


def test_a_total_that_counts_the_refund_under_way_stays_ours() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=300)
    answer(opened, ours, Verdict.SUCCEEDED, at=10)
    apply_at(opened, payment, at=11, amount_refunded=300)
    assert external(opened) == []
    assert opened.next_checks[payment.payment_no] is None


def test_a_failed_refund_in_the_total_is_asked_about_before_it_is_called_external() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    opened.refunds[ours.refund_no] = replace(ours, state=RefundStatus.FAILED)
    opened.payments[payment.payment_no] = replace(
        opened.payments[payment.payment_no], refund_reserved=0
    )
    apply_at(opened, payment, at=60, amount_refunded=300)
    assert external(opened) == []
    check = opened.next_checks[ours.refund_no]
    assert check is not None
    assert check.due_at == opened.now
    answer(opened, ours, Verdict.DECLINED, at=70)
    assert opened.next_checks[ours.refund_no] is None
    apply_at(opened, payment, at=80, amount_refunded=300)
    assert external(opened) == [300]


def test_an_old_total_that_counts_a_refund_which_bounced_later_books_nothing() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 1000)
    answer(opened, ours, Verdict.SUCCEEDED, at=20)
    bounced = refund_result(
        opened.refunds[ours.refund_no], Source.NOTICE, Verdict.DECLINED,
        abnormal=True, asked_at=later(60), said_at=later(60),
    )  # fmt: skip
    apply_word(opened, bounced)
    seen = opened.refunds[ours.refund_no].version
    decide_refund(opened, ours.refund_no, RefundDecision.RELEASE, seen=seen)

    apply_at(opened, payment, at=30, amount_refunded=1000)
    assert external(opened) == []
    assert opened.next_checks[payment.payment_no] is not None

    apply_at(opened, payment, at=90, amount_refunded=1000)
    assert external(opened) == [1000]


def test_an_old_total_from_before_a_bounce_and_a_console_refund_books_nothing() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 600)
    answer(opened, ours, Verdict.SUCCEEDED, at=20)
    apply_at(opened, payment, at=30, amount_refunded=800)
    apply_at(opened, payment, at=40, amount_refunded=801)
    assert external(opened) == [200, 1]
    bounced = refund_result(
        opened.refunds[ours.refund_no], Source.NOTICE, Verdict.DECLINED,
        abnormal=True, asked_at=later(60), said_at=later(60),
    )  # fmt: skip
    apply_word(opened, bounced)

    apply_at(opened, payment, at=30, amount_refunded=800)  # again
    assert external(opened) == [200, 1]


@pytest.mark.parametrize(
    ("total", "number", "outside"),
    [
        (100, None, [100]),  # No refund of 400 goes back by a quarter.
        (400, None, []),
        (500, None, [100]),
        (800, None, []),
        (900, None, [100]),
        (400, "50001", [400]),  # The number is none of ours.
        (800, "50001", [400]),
        (100, "50001", [100]),
    ],
)
def test_what_went_back_beside_refunds_under_way_is_told_apart(
    total: int, number: str | None, outside: list[int]
) -> None:
    opened, payment = a_paid_order(2000)
    for merchants in ("T1", "T2"):
        ours = refund(opened, payment, 400, merchants)
        answer(opened, ours, Verdict.PENDING, at=20)
    apply_at(opened, payment, at=60, amount_refunded=total, channel_refund_no=number)
    assert external(opened) == outside
    apply_at(opened, payment, at=60, amount_refunded=total, channel_refund_no=number)
    assert external(opened) == outside


def test_never_more_than_was_paid_and_people_hear_of_the_rest() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=1400)
    assert external(opened) == [1000]
    assert kinds(opened) == ["refund.external_exceeds", "refund.external"]


def test_the_same_money_cannot_be_refunded_by_the_app_again() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=800)
    with pytest.raises(RefundExceedsPaid):
        refund(opened, opened.payments[payment.payment_no], 300)
    refund(opened, opened.payments[payment.payment_no], 200)


def test_a_refund_begun_after_the_total_explains_nothing_of_it() -> None:
    opened, payment = a_paid_order()
    opened.now = later(3600)
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=300)
    assert external(opened) == [300]
    assert opened.payments[payment.payment_no].refund_reserved == 600
    assert opened.refunds[ours.refund_no].state is RefundStatus.PROCESSING


def test_a_reversal_after_success_gives_all_of_it_back() -> None:
    opened, payment = a_paid_order()
    word = payment_result(
        payment, Source.CLOSE, Verdict.SUCCEEDED, reversed=True,
        asked_at=later(60), said_at=later(61),
    )  # fmt: skip
    for _ in range(2):
        apply_payment_result(opened, word, said_at=later(61), late=LatePayment.ACCEPT)
    assert external(opened) == [1000]
    assert opened.order.amount_refunded == 1000


def test_refunded_without_an_amount_is_told_to_people() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, refunded=True)
    assert external(opened) == []
    assert kinds(opened) == ["payment.refunded_outside"]


def test_one_refund_by_the_channels_number_is_booked_once() -> None:
    opened, payment = a_paid_order()
    one = {"channel_refund_no": "50009", "channel_refund_amount": 200}
    for at in (60, 61):
        apply_at(opened, payment, at=at, **one)
    assert external(opened) == [200]


def test_one_refund_that_may_be_ours_is_asked_about() -> None:
    opened, payment = a_paid_order()
    refund(opened, payment, 200)
    apply_at(opened, payment, at=60, channel_refund_no="50009", channel_refund_amount=200)
    assert external(opened) == []
    assert opened.next_checks[payment.payment_no] is not None
    apply_at(opened, payment, at=61, channel_refund_no="50010", channel_refund_amount=300)
    assert external(opened) == [300]


@pytest.mark.parametrize(("source", "booked"), [(Source.NOTICE, [200]), (Source.REFUND, [])])
def test_a_lost_refund_of_ours_may_be_known_by_its_total_alone(
    source: Source, booked: list[int]
) -> None:
    """Alipay says what went back altogether; the answer to a refund alone is held, as any other."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    answer(opened, ours, Verdict.SUCCEEDED, at=1)
    word = refund_result(
        ours, source, Verdict.SUCCEEDED, refund_no=new_id("refund"), amount_refunded=500
    )
    for _ in range(2):
        moved_outside.apply_foreign_refund(opened, word, later(60))
    assert external(opened) == booked


def test_a_refund_of_a_foreign_number_is_booked_once() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    foreign = refund_result(
        ours, Source.NOTICE, Verdict.SUCCEEDED,
        refund_no="made-in-the-merchant-centre", channel_refund_no="50009", amount=200,
    )  # fmt: skip
    for _ in range(2):
        moved_outside.apply_foreign_refund(opened, foreign, later(60))
    assert external(opened) == [200]
    elsewhere = foreign.model_copy(update={"payment_id": "C2"})
    with pytest.raises(ResultRefused):
        moved_outside.apply_foreign_refund(opened, elsewhere, later(60))


def lost_refund(
    opened: OrderAggregate, payment: Payment, amount: int, number: str, **more: Any
) -> str:
    """A refund of ours that the books do not know any more, told with its amount; its number."""
    refund_no = new_id("refund")
    ours = replace(a_refund(payment), refund_no=refund_no)
    word = refund_result(
        ours, Source.NOTICE, Verdict.SUCCEEDED, amount=amount, channel_refund_no=number, **more
    )
    for _ in range(2):
        moved_outside.apply_foreign_refund(opened, word, opened.now)
    return refund_no


def a_refund(payment: Payment) -> Refund:
    opened, paid = a_paid_order()
    return replace(refund(opened, paid, 1), payment_no=payment.payment_no)


def numbers(opened: OrderAggregate) -> list[tuple[int, str | None]]:
    return [
        (one.amount, one.channel_refund_no)
        for one in opened.refunds.values()
        if one.cause is RefundCause.EXTERNAL
    ]


@pytest.mark.parametrize("of_total", [None, "re_1"])
def test_a_lost_refund_that_a_total_counted_is_not_booked_again(of_total: str | None) -> None:
    """After a restore Stripe says the charge's total and the refund, in any order."""
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=300, channel_refund_no=of_total)
    lost = lost_refund(opened, payment, 300, "re_1")
    apply_at(opened, payment, at=70, amount_refunded=300, channel_refund_no=of_total)
    apply_at(opened, payment, at=71, channel_refund_no="re_1", channel_refund_amount=300)
    assert numbers(opened) == [(300, lost)]
    assert opened.payments[payment.payment_no].amount_refunded == 300


def test_several_lost_refunds_are_found_in_one_total() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=500, channel_refund_no="re_2")
    lost_refund(opened, payment, 300, "re_1")
    second = lost_refund(opened, payment, 200, "re_2")
    assert numbers(opened) == [(500, second)]
    third = lost_refund(opened, payment, 100, "re_3")
    assert numbers(opened) == [(500, second), (100, third)]


def test_a_refund_made_after_the_total_is_booked() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=300)
    lost_refund(opened, payment, 300, "re_1", refunded_at=later(3600))
    assert external(opened) == [300, 300]


def test_of_a_lost_refund_beyond_the_booked_totals_the_rest_is_booked() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=200)
    lost = lost_refund(opened, payment, 500, "re_1")
    assert numbers(opened) == [(200, None), (300, lost)]
    apply_at(opened, payment, at=61, amount_refunded=500)
    assert external(opened) == [200, 300]


@pytest.mark.parametrize("of_total", [None, "50001"])
def test_one_refund_by_the_channels_number_that_a_total_counted_is_not_booked_again(
    of_total: str | None,
) -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=500, channel_refund_no=of_total)
    for at in (61, 62):
        for number, amount in (("50009", 200), ("50001", 300)):
            one = {"channel_refund_no": number, "channel_refund_amount": amount}
            apply_at(opened, payment, at=at, **one)
    assert external(opened) == [500]


def test_what_a_total_counts_stays_counted_when_a_refund_ends() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 100)
    apply_at(opened, payment, at=60, amount_refunded=500)
    lost = lost_refund(opened, payment, 500, "re_1")
    answer(opened, ours, Verdict.SUCCEEDED, at=70)
    apply_at(opened, payment, at=80, amount_refunded=600)
    assert numbers(opened) == [(400, None), (100, lost)]


def single(
    opened: OrderAggregate, payment: Payment, amount: int, number: str, *, at: float
) -> None:
    one = {"channel_refund_no": number, "channel_refund_amount": amount}
    apply_at(opened, payment, at=at, refunded=True, **one)


@pytest.mark.parametrize("at", [61, DAY_S])
def test_what_an_older_release_booked_under_a_number_counts_no_other_refund(at: float) -> None:
    """It kept neither mark: WeChat Pay told of that one by itself."""
    opened, payment = a_paid_order()
    single(opened, payment, 300, "50001", at=60)
    (first,) = opened.refunds.values()
    opened.refunds[first.refund_no] = replace(first, is_single=False)
    for _ in range(2):
        single(opened, payment, 300, "50002", at=at)
    assert numbers(opened) == [(300, "50001"), (300, "50002")]
    assert opened.payments[payment.payment_no].amount_refunded == 600


def test_what_an_older_release_booked_under_no_number_may_be_a_total() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=500)
    (first,) = opened.refunds.values()
    opened.refunds[first.refund_no] = replace(first, is_total=False)
    lost = lost_refund(opened, payment, 300, "re_1")
    lost_refund(opened, payment, 200, "re_2")
    assert numbers(opened) == [(500, lost)]


@pytest.mark.parametrize("of_total", [None, "50001"])
def test_one_refund_that_is_told_days_after_a_total_is_booked(of_total: str | None) -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=300, channel_refund_no=of_total)
    for _ in range(2):
        single(opened, payment, 300, "50002", at=5 * DAY_S)
    assert numbers(opened) == [(300, of_total), (300, "50002")]


def test_one_refund_of_the_amount_of_a_total_is_the_same_and_waits_for_nothing() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=300)
    single(opened, payment, 300, "50001", at=61)
    assert numbers(opened) == [(300, "50001")]
    assert opened.next_checks[payment.payment_no] is None


def test_one_refund_that_is_told_after_a_statement_is_booked() -> None:
    """What the statement told is the rest of a refund for which there was no room."""
    opened, payment = a_paid_order()
    single(opened, payment, 200, "50001", at=60)
    read_statement(opened, listed("50001", 500))
    single(opened, payment, 300, "50002", at=DAY_S)
    assert numbers(opened) == [(200, "50001"), (300, None), (300, "50002")]


# ── what comes while refunds are under way ────────────────────────────────────────────────────


def one_outside(opened: OrderAggregate, payment: Payment, amount: int, *, at: float) -> None:
    """WeChat Pay tells of a refund that somebody made in its console, alone."""
    apply_at(
        opened, payment, at=at, channel_refund_no="50001", channel_refund_amount=amount,
        refunded=True,
    )  # fmt: skip


def refused(opened: OrderAggregate, refund: Refund, *, at: float) -> None:
    word = refund_result(
        refund, Source.REFUND, Verdict.DECLINED, asked_at=later(at), said_at=later(at)
    )
    apply_word(opened, word)


def test_what_finds_no_room_beside_a_refund_under_way_is_booked_when_that_fails() -> None:
    """Paid 10.00; 5.00 back at the console, while the app asks for 3.00 and 4.00."""
    opened, payment = a_paid_order()
    three, four = refund(opened, payment, 300, "T1"), refund(opened, payment, 400, "T2")
    for at in (1, 1, 2):
        one_outside(opened, payment, 500, at=at)
    assert external(opened) == []
    assert kinds(opened) == []
    answer(opened, three, Verdict.SUCCEEDED, at=3)
    assert external(opened) == []
    refused(opened, four, at=3)
    assert external(opened) == [500]
    now_is = opened.payments[payment.payment_no]
    assert (now_is.refund_reserved, now_is.amount_refunded) == (800, 800)
    assert now_is.held_words == ()
    assert kinds(opened) == ["refund.external"]
    one_outside(opened, payment, 500, at=1)
    assert external(opened) == [500]


def test_what_a_refund_of_ours_may_be_is_booked_when_that_was_another() -> None:
    """The same 3.00 at the console and by the app, which the channel refuses."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    one_outside(opened, payment, 300, at=1)
    assert external(opened) == []
    refused(opened, ours, at=2)
    check = opened.next_checks[ours.refund_no]
    assert check is not None
    assert check.due_at == opened.now
    answer(opened, ours, Verdict.DECLINED, at=70)
    assert external(opened) == [300]


def test_what_was_ours_after_all_is_not_booked_again() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    one_outside(opened, payment, 300, at=1)
    word = refund_result(
        ours, Source.REFUND, Verdict.SUCCEEDED, asked_at=later(2), said_at=later(2),
        channel_refund_no="50001",
    )  # fmt: skip
    apply_word(opened, word)
    assert external(opened) == []
    assert opened.payments[payment.payment_no].held_words == ()


def test_a_total_is_looked_at_again_when_the_refund_that_may_explain_it_has_failed() -> None:
    """Alipay says the total once, and not when it is asked."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=500, channel_refund_no="2026")
    assert external(opened) == [200]
    refused(opened, ours, at=2)
    answer(opened, ours, Verdict.DECLINED, at=70)
    assert external(opened) == [200, 300]
    assert opened.payments[payment.payment_no].refund_reserved == 500


def returned_of(opened: OrderAggregate, refund: Refund, total: int, *, at: float) -> None:
    """Alipay answers a refund with the sum of all refunds of the trade."""
    word = refund_result(
        refund, Source.REFUND, Verdict.SUCCEEDED, asked_at=later(at), said_at=later(at + 1),
        amount_refunded=total,
    )  # fmt: skip
    apply_word(opened, word)


def test_the_answer_to_a_refund_tells_what_went_back_without_us() -> None:
    """A notification of the refund at the console never came."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    returned_of(opened, ours, 300, at=1)
    assert external(opened) == []
    assert opened.next_checks[payment.payment_no] is None
    returned_of(opened, refund(opened, payment, 100, "T2"), 900, at=2)
    assert external(opened) == []
    assert kinds(opened) == ["refund.more_went_back"]
    assert opened.next_checks[payment.payment_no] is not None
    apply_at(opened, payment, at=10, amount_refunded=900)
    assert external(opened) == [500]
    assert opened.payments[payment.payment_no].held_words == ()


def test_a_wrong_answer_to_a_refund_books_nothing() -> None:
    """Alipay's total was a fen too large, once."""
    opened, payment = a_paid_order()
    returned_of(opened, refund(opened, payment, 300), 301, at=1)
    assert external(opened) == []
    assert opened.payments[payment.payment_no].amount_refunded == 300
    returned_of(opened, refund(opened, payment, 100, "T2"), 400, at=5)
    assert external(opened) == []
    assert opened.payments[payment.payment_no].held_words == ()


def test_answers_alone_book_nothing_however_many_they_are() -> None:
    opened, payment = a_paid_order()
    for at, amount, total in ((1, 300, 301), (5, 100, 401), (9, 50, 451)):
        returned_of(opened, refund(opened, payment, amount, f"T{at}"), total, at=at)
    assert external(opened) == []
    assert len(opened.payments[payment.payment_no].held_words) == 1
    row = statement_refunds.StatementRefund("2026", 1, later(-3600))
    statement_refunds.apply_statement(opened, payment.payment_no, [row], later(90_000))
    assert external(opened) == [1]


@pytest.mark.parametrize("is_answer_first", [True, False])
def test_an_answer_and_an_older_total_prove_together_what_went_back(is_answer_first: bool) -> None:
    """Paid 10.00; 5.00 back at the console, told while 3.00 of ours were under way."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    if is_answer_first:
        returned_of(opened, ours, 800, at=2)
    apply_at(opened, payment, at=1, amount_refunded=500, channel_refund_no="2026")
    if not is_answer_first:
        returned_of(opened, ours, 800, at=2)
    assert sum(external(opened)) == 500
    assert opened.payments[payment.payment_no].refund_reserved == 800


def test_a_wrong_answer_beside_an_older_total_books_no_more_than_that_says() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=500, channel_refund_no="2026")
    returned_of(opened, ours, 501, at=2)
    assert external(opened) == [200]


def test_the_answers_to_two_refunds_at_once_count_each_as_it_was() -> None:
    """The second was answered before the first, whose total was counted before it."""
    opened, payment = a_paid_order()
    first, second = refund(opened, payment, 300, "T1"), refund(opened, payment, 400, "T2")
    returned_of(opened, second, 700, at=1.5)
    returned_of(opened, first, 300, at=2)
    assert external(opened) == []
    assert kinds(opened) == []


def test_the_answer_to_one_refund_says_nothing_of_those_that_are_under_way() -> None:
    opened, payment = a_paid_order()
    first, second = refund(opened, payment, 300, "T1"), refund(opened, payment, 400, "T2")
    returned_of(opened, second, 700, at=1)
    assert external(opened) == []
    returned_of(opened, first, 300, at=1)
    assert external(opened) == []


def test_at_alipay_all_of_it_is_known_when_the_refunds_beside_it_have_ended() -> None:
    """Paid 10.00; 5.00 back at the console, while the app asks for 3.00, 4.00 and 2.50."""
    opened, payment = a_paid_order()
    three, four, other = [
        refund(opened, payment, amount, f"T{amount}") for amount in (300, 400, 250)
    ]
    apply_at(opened, payment, at=1, amount_refunded=500, channel_refund_no="2026")
    returned_of(opened, three, 800, at=2)
    for one in (four, other):
        refused(opened, one, at=2)
        answer(opened, one, Verdict.DECLINED, at=70)
    assert sum(external(opened)) == 500
    assert opened.payments[payment.payment_no].refund_reserved == 800
    assert opened.payments[payment.payment_no].held_words == ()


def test_a_later_total_takes_the_place_of_one_that_is_held() -> None:
    """Stripe says it whenever it is asked: what was in doubt is known then."""
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=300)
    assert len(opened.payments[payment.payment_no].held_words) == 1
    answer(opened, ours, Verdict.SUCCEEDED, at=10)
    apply_at(opened, payment, at=11, amount_refunded=600)
    assert external(opened) == [300]
    assert opened.payments[payment.payment_no].held_words == ()


def test_a_statement_tells_the_rest_of_what_was_booked_under_its_number_in_part() -> None:
    opened, payment = a_paid_order()
    ours = refund(opened, payment, 300)
    apply_at(opened, payment, at=1, amount_refunded=500, channel_refund_no="2026")
    answer(opened, ours, Verdict.SUCCEEDED, at=2)
    assert external(opened) == [200]
    row = statement_refunds.StatementRefund("2026", 500, later(-3600))
    for _ in range(2):
        statement_refunds.apply_statement(opened, payment.payment_no, [row], later(90_000))
    assert external(opened) == [200, 300]


def listed(number: str, amount: int, *, day: int = 0) -> statement_refunds.StatementRefund:
    """Paid an hour after day 0 began."""
    return statement_refunds.StatementRefund(number, amount, later(day * DAY_S - 3600))


def read_statement(
    opened: OrderAggregate, *rows: statement_refunds.StatementRefund, day: int = 0
) -> None:
    payment = next(iter(opened.payments.values()))
    said_at = later((day + 1) * DAY_S - 3600)
    statement_refunds.apply_statement(opened, payment.payment_no, rows, said_at)


@pytest.mark.parametrize("days", [(0, 1), (1, 0), (0, 5), (5, 0)])
def test_a_refund_that_a_statement_told_of_explains_none_of_another_day(
    days: tuple[int, int],
) -> None:
    """Old statements are brought in any order, when the rows of others are forgotten already."""
    opened, _ = a_paid_order()
    for day in days:
        for _ in range(2):
            read_statement(opened, listed(f"console-{day}", 300, day=day), day=day)
    assert external(opened) == [300, 300]


def test_another_file_of_the_day_may_know_a_refund_by_another_number() -> None:
    opened, _ = a_paid_order()
    read_statement(opened, listed("console-1", 300))
    read_statement(opened, listed("50001", 300))
    assert external(opened) == [300]
    read_statement(opened, listed("50001", 300), listed("50002", 300))
    assert external(opened) == [300, 300]


def test_a_refund_that_was_told_of_alone_explains_one_of_its_day_until_it_is_listed() -> None:
    opened, payment = a_paid_order()
    one_outside(opened, payment, 300, at=60)
    read_statement(opened, listed("console-1", 300))
    assert external(opened) == [300]
    read_statement(opened, listed("console-1", 300), listed("50001", 300))
    assert external(opened) == [300, 300]
    read_statement(opened, listed("console-2", 300, day=1), day=1)
    assert external(opened) == [300, 300, 300]


def test_what_is_booked_under_the_number_of_its_row_takes_nothing_from_a_later_total() -> None:
    opened, payment = a_paid_order()
    apply_at(opened, payment, at=60, amount_refunded=300, channel_refund_no="2026")
    first = listed("2026", 300)
    read_statement(opened, first)
    apply_at(opened, payment, at=DAY_S, amount_refunded=500)
    read_statement(opened, first, listed("2027", 200, day=1), day=1)
    assert external(opened) == [300, 200]


def test_a_total_explains_nothing_that_was_refunded_after_it() -> None:
    """Kept as a dead letter for two days, and applied then."""
    opened, payment = a_paid_order()
    opened.now = later(2 * DAY_S)
    apply_at(opened, payment, at=60, amount_refunded=300, channel_refund_no="2026")
    read_statement(opened, listed("2027", 300, day=1), day=1)
    assert external(opened) == [300, 300]


def test_a_total_of_a_clock_that_is_ahead_is_as_old_as_its_arrival() -> None:
    opened, payment = a_paid_order()
    ahead = paid(
        payment, Source.QUERY, amount_refunded=300, asked_at=later(600), said_at=later(600)
    )
    apply_payment_result(opened, ahead, said_at=later(600), late=LatePayment.ACCEPT)
    assert [one.last_said_at for one in opened.refunds.values()] == [opened.now]
