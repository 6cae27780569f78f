"""Refunds of what was split: what receivers give back, and what they keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.trade_core import NOON, apply_word, refund_result
from tests.unit.trade_core.test_splitting import (
    balances,
    done,
    event_types,
    payment_of,
    split,
    taken,
)

from contracts.api import CreateRefund, RefundStatus, ShareStatus
from contracts.events.commands import CommandName
from contracts.events.configuration import RefundSplits
from contracts.events.results import Source, Verdict
from trade_core.domain import refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import Ask, refund_step
from trade_core.domain.errors import RefundExceedsPaid, SplitExceedsPaid
from trade_core.domain.ledger import Purpose
from trade_core.domain.refund import Refund
from trade_core.domain.refused_results import ResultRefused
from trade_core.domain.split import Share


def refund(
    opened: OrderAggregate,
    amount: int,
    policy: RefundSplits = RefundSplits.RETURN,
    number: str = "T1",
) -> Refund:
    wanted = CreateRefund(
        merchant_id="M1",
        payment_id="C1",
        payment_no=payment_of(opened).payment_no,
        merchant_refund_no=number,
        amount=amount,
    )
    return refund_reservation.refund_as_requested(opened, wanted, policy)


def test_refund_within_what_is_not_split_calls_nobody_back() -> None:
    opened = taken(1000)
    done(opened, 300, 200)
    assert refund(opened, 500).returns == ()
    assert payment_of(opened).split_reserved == 500


def test_refund_calls_the_missing_part_back_latest_split_first() -> None:
    opened = taken(1000)
    first = done(opened, 300, 200)
    opened.now = NOON.replace(hour=13)
    second = done(opened, 100, 50, number="F2")
    started = refund(opened, 600)
    assert [(one.split_no, one.account, one.amount) for one in started.returns] == [
        (second.split_no, "190001", 100),
        (second.split_no, "190002", 50),
        (first.split_no, "190001", 100),
    ]
    assert [one.return_no for one in started.returns] == [
        f"{started.refund_no}-{place}" for place in (1, 2, 3)
    ]
    assert payment_of(opened).split_reserved == 400
    assert payment_of(opened).refund_reserved == 600


def test_refund_that_succeeds_leaves_receivers_without_what_they_gave_back() -> None:
    opened = taken(1000)
    number = done(opened, 600, 400).split_no
    started = refund(opened, 700)
    apply_word(opened, refund_result(started, Source.NOTICE, Verdict.SUCCEEDED))
    shares = opened.splits[number].shares
    assert [(one.state, one.amount_returned, one.held) for one in shares] == [
        (ShareStatus.RETURNED, 600, 0),
        (ShareStatus.SUCCEEDED, 100, 300),
    ]
    assert balances(opened) == {
        Purpose.CHANNEL_RECEIVABLE: 300,
        Purpose.SPLIT_RECEIVERS: -300,
    }
    assert event_types(opened)[-1] == "split.returned"


def test_refund_that_fails_leaves_receivers_what_they_did_not_give_back() -> None:
    opened = taken(1000)
    number = done(opened, 600, 400).split_no
    failed_with_one_back(opened)
    shares = opened.splits[number].shares
    assert [(one.state, one.amount_returned, one.amount_returning) for one in shares] == [
        (ShareStatus.RETURNED, 600, 0),
        (ShareStatus.SUCCEEDED, 0, 0),
    ]
    assert (payment_of(opened).split_reserved, payment_of(opened).refund_reserved) == (400, 0)
    assert balances(opened) == {
        Purpose.CHANNEL_RECEIVABLE: 1000,
        Purpose.MERCHANT_PAYABLE: -600,
        Purpose.SPLIT_RECEIVERS: -400,
    }


def failed_with_one_back(opened: OrderAggregate) -> Refund:
    """Of 600 and 400 that two receivers hold, 600 came back before the refund of 700 failed."""
    started = refund(opened, 700)
    first = started.returns[0].return_no
    word = refund_result(started, Source.REFUND, Verdict.PENDING, returned=[first])
    apply_word(opened, word)
    for source in (Source.REFUND, Source.QUERY_REFUND):
        apply_word(opened, refund_result(started, source, Verdict.DECLINED, code="NO"))
    return opened.refunds[started.refund_no]


def test_refund_that_failed_and_went_back_leaves_receivers_without_the_rest() -> None:
    opened = taken(1000)
    number = done(opened, 600, 400).split_no
    failed = failed_with_one_back(opened)
    for _ in range(2):
        apply_word(opened, refund_result(failed, Source.NOTICE, Verdict.SUCCEEDED))
    assert opened.refunds[failed.refund_no].state is RefundStatus.SUCCEEDED
    shares = opened.splits[number].shares
    assert [(one.state, one.amount_returned, one.held) for one in shares] == [
        (ShareStatus.RETURNED, 600, 0),
        (ShareStatus.SUCCEEDED, 100, 300),
    ]
    assert (payment_of(opened).split_reserved, payment_of(opened).refund_reserved) == (300, 700)
    assert balances(opened) == {
        Purpose.CHANNEL_RECEIVABLE: 300,
        Purpose.SPLIT_RECEIVERS: -300,
    }
    assert event_types(opened).count("split.returned") == 2


def test_word_of_a_return_after_the_failure_moves_nothing_by_itself() -> None:
    """The books follow when the refund itself is said to be back."""
    opened = taken(1000)
    number = done(opened, 600, 400).split_no
    failed = failed_with_one_back(opened)
    all_back = [one.return_no for one in failed.returns]
    word = refund_result(failed, Source.QUERY_REFUND, Verdict.PENDING, returned=all_back)
    apply_word(opened, word)
    assert [one.held for one in opened.splits[number].shares] == [0, 400]
    apply_word(opened, refund_result(failed, Source.NOTICE, Verdict.SUCCEEDED))
    assert [one.held for one in opened.splits[number].shares] == [0, 300]


def test_refund_that_went_back_after_its_receivers_were_called_anew_is_for_a_person() -> None:
    opened = taken(1000)
    done(opened, 600, 400)
    failed = failed_with_one_back(opened)
    refund(opened, 900, number="T2")
    with pytest.raises(ResultRefused):
        apply_word(opened, refund_result(failed, Source.NOTICE, Verdict.SUCCEEDED))
    assert opened.refunds[failed.refund_no].state is RefundStatus.FAILED


@pytest.mark.parametrize("source", [Source.NOTICE, Source.QUERY_REFUND])
def test_no_that_does_not_tell_what_is_back_has_the_refund_sent_again(source: Source) -> None:
    opened = taken(1000)
    number = done(opened, 600, 400).split_no
    started = refund(opened, 700)
    apply_word(opened, refund_result(started, source, Verdict.DECLINED, code="NO"))
    asked = refund_step(opened.refunds[started.refund_no], attempt=1, now=NOON)
    assert isinstance(asked, Ask)
    assert asked.command is CommandName.REFUND
    back = [one.return_no for one in started.returns]
    apply_word(
        opened, refund_result(started, Source.REFUND, Verdict.DECLINED, code="NO", returned=back)
    )
    apply_word(opened, refund_result(started, Source.QUERY_REFUND, Verdict.DECLINED))
    assert opened.refunds[started.refund_no].state is RefundStatus.FAILED
    assert [share.amount_returned for share in opened.splits[number].shares] == [600, 100]


def test_abnormal_refund_was_given_back_by_all_receivers_before() -> None:
    opened = taken(1000)
    done(opened, 600, 400)
    started = refund(opened, 700)
    apply_word(opened, refund_result(started, Source.NOTICE, Verdict.DECLINED, abnormal=True))
    stuck = opened.refunds[started.refund_no]
    assert stuck.state is RefundStatus.ABNORMAL
    assert all(one.is_back for one in stuck.returns)


def test_refund_waits_for_a_split_that_is_under_way() -> None:
    opened = taken(1000)
    split(opened, 600)
    with pytest.raises(RefundExceedsPaid, match="while it is being split") as refusal:
        refund(opened, 401)
    assert refusal.value.retry_after_s == 60
    assert refund(opened, 400).returns == ()


def test_refund_by_the_merchants_own_money_calls_nobody_back() -> None:
    opened = taken(1000)
    done(opened, 1000)
    assert refund(opened, 1000, RefundSplits.KEEP).returns == ()
    assert payment_of(opened).split_reserved == 1000
    with pytest.raises(RefundExceedsPaid):
        refund(opened, 1, RefundSplits.KEEP, "T2")


def test_share_that_failed_cannot_be_returned() -> None:
    assert Share("190001", 300, "x", ShareStatus.FAILED).held == 0


@given(st.lists(st.tuples(st.sampled_from(["split", "refund"]), st.integers(1, 600)), max_size=12),
       st.lists(st.booleans(), min_size=12, max_size=12))  # fmt: skip
def test_refunds_and_splits_together_never_exceed_what_was_paid(
    steps: list[tuple[str, int]], successes: list[bool]
) -> None:
    opened = taken(1000)
    for place, ((what, amount), succeeds) in enumerate(zip(steps, successes, strict=False)):
        try:
            if what == "split":
                done(opened, amount, failing=[] if succeeds else ["190001"], number=f"F{place}")
            else:
                started = refund(opened, amount, number=f"T{place}")
                verdict = Verdict.SUCCEEDED if succeeds else Verdict.DECLINED
                apply_word(opened, refund_result(started, Source.REFUND, verdict))
        except (SplitExceedsPaid, RefundExceedsPaid):
            pass
        payment = payment_of(opened)
        assert payment.refund_reserved + payment.split_reserved <= payment.amount
        held = sum(share.held for one in opened.splits.values() for share in one.shares)
        assert held == payment.split_reserved
        left = payment.amount - payment.refund_reserved - payment.split_reserved
        assert balances(opened).get(Purpose.MERCHANT_PAYABLE, 0) == -left
