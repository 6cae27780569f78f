"""To split: what is reserved, what channels say of it, and what returns for a refund."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.trade_core import (
    NOON,
    aggregate,
    paid,
    payment_request,
    pending,
    shared,
    split_request,
    split_result,
)

from contracts.api import MAX_CODE_CHARS, MAX_MESSAGE_CHARS, Failure, ShareStatus, SplitStatus
from contracts.events.commands import CommandName
from contracts.events.configuration import LatePayment
from contracts.events.results import ShareResult, Source, Verdict
from trade_core.domain import opening, views
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_result import apply_payment_result
from trade_core.domain.due import Ask, NextCheck, Rest, split_step
from trade_core.domain.errors import PaymentNotSplittable, SplitExceedsPaid, SplittingFinished
from trade_core.domain.ledger import Purpose
from trade_core.domain.payment import Payment
from trade_core.domain.refused_results import ResultRefused
from trade_core.domain.split import Split, SplitFact
from trade_core.domain.splitting import apply_split_result, split_as_requested


def taken(amount: int = 1000, **changes: Any) -> OrderAggregate:
    """The aggregate of an order that was just paid."""
    order, payment = opening.fresh(payment_request(amount=amount, **changes), NOON)
    opened = aggregate(order, payment)
    apply_payment_result(opened, paid(payment), said_at=NOON, late=LatePayment.ACCEPT)
    return opened


def payment_of(opened: OrderAggregate) -> Payment:
    (payment,) = opened.payments.values()
    return payment


def split(opened: OrderAggregate, *shares: int, number: str = "F1", **more: Any) -> Split:
    given = split_request(payment_of(opened), number, *shares, **more)
    return split_as_requested(opened, given)


def done(opened: OrderAggregate, *shares: int, failing: Sequence[str] = (), **more: Any) -> Split:
    """A split that the channel is through with."""
    started = split(opened, *shares, **more)
    apply_split_result(opened, shared(started, failing))
    return opened.splits[started.split_no]


def balances(opened: OrderAggregate) -> dict[Purpose, int]:
    balance = dict.fromkeys(Purpose, 0)
    for entry in opened.entries:
        for posting in entry.postings:
            balance[posting.purpose] += posting.amount
    return {purpose: amount for purpose, amount in balance.items() if amount}


def event_types(opened: OrderAggregate) -> list[str]:
    return [event.type for event in opened.events if "split" in event.type]


def states(a_split: Split) -> list[ShareStatus]:
    return [share.state for share in a_split.shares]


# ── asked for ─────────────────────────────────────────────────────────────────────────────────


def test_split_reserves_its_shares_and_is_sent_at_once() -> None:
    opened = taken(1000)
    started = split(opened, 300, 200)
    assert payment_of(opened).split_reserved == 500
    assert opened.next_checks[started.split_no] == NextCheck(NOON)
    assert balances(opened) == {
        Purpose.CHANNEL_RECEIVABLE: 1000,
        Purpose.MERCHANT_PAYABLE: -500,
        Purpose.SPLITS_IN_FLIGHT: -500,
    }
    assert event_types(opened) == ["split.created"]


def test_split_takes_no_more_than_refunds_and_other_splits_leave() -> None:
    opened = taken(1000)
    payment = payment_of(opened)
    opened.payments[payment.payment_no] = replace(payment, refund_reserved=300)
    split(opened, 400)
    with pytest.raises(SplitExceedsPaid, match=r"3\.00"):
        split(opened, 301, number="F2")
    split(opened, 300, number="F3")


def test_unpaid_payment_cannot_be_split() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    with pytest.raises(PaymentNotSplittable) as refused:
        split_as_requested(opened, split_request(payment))
    assert "refund" not in refused.value.title


def test_nothing_is_split_after_a_finishing_split_unless_it_came_to_nothing() -> None:
    opened = taken(1000)
    started = split(opened, 100, finish=True)
    with pytest.raises(SplittingFinished):
        split(opened, 100, number="F2")
    apply_split_result(
        opened, split_result(started, Verdict.DECLINED, code="NO_AUTH", message="no")
    )
    split(opened, 100, number="F3")


# ── with the payment ──────────────────────────────────────────────────────────────────────────

RECEIVERS = [
    {"account": "190001", "amount": 600, "description": "维修基金"},
    {"account": "190002", "amount": 400, "description": "保洁"},
]


def test_split_of_the_payment_starts_when_it_is_paid_and_finishes_it() -> None:
    opened = taken(1000, split=RECEIVERS, notify_url="https://app.example/n")
    (started,) = opened.splits.values()
    assert (started.merchant_split_no, started.finish, started.amount) == (None, True, 1000)
    created = next(event for event in opened.events if event.type == "split.created")
    assert created.notify_url == "https://app.example/n"
    assert payment_of(opened).split_reserved == 1000


def test_money_that_goes_back_by_itself_is_not_split() -> None:
    order, first = opening.fresh(payment_request(split=RECEIVERS, amount=1000), NOON)
    _, second = opening.fresh(payment_request(split=RECEIVERS, amount=1000), NOON)
    opened = aggregate(order, first, second)
    for payment in (first, second):
        apply_payment_result(opened, paid(payment), said_at=NOON, late=LatePayment.ACCEPT)
    assert [split.payment_no for split in opened.splits.values()] == [first.payment_no]
    assert opened.payments[second.payment_no].refund_reserved == 1000


def test_people_hear_of_a_failed_split_that_nobody_waits_for() -> None:
    opened = taken(1000, split=RECEIVERS)
    (started,) = opened.splits.values()
    apply_split_result(opened, shared(started, ["190002"]))
    assert [alert.key.partition(":")[0] for alert in opened.alerts] == ["split.failed"]
    assert payment_of(opened).split_reserved == 600


# ── what the channel says ─────────────────────────────────────────────────────────────────────


def test_split_succeeds_when_every_receiver_has_their_share() -> None:
    opened = taken(1000)
    now_is = done(opened, 300, 200)
    assert (now_is.state, now_is.finished_at) == (SplitStatus.SUCCEEDED, NOON)
    assert states(now_is) == [ShareStatus.SUCCEEDED] * 2
    assert balances(opened)[Purpose.SPLIT_RECEIVERS] == -500
    assert opened.next_checks[now_is.split_no] is None
    assert event_types(opened) == ["split.created", "split.succeeded"]


def test_share_that_was_not_given_is_released_exactly_once() -> None:
    opened = taken(1000)
    started = split(opened, 300, 200)
    for _ in range(3):
        apply_split_result(opened, shared(started, ["190001"]))
    now_is = opened.splits[started.split_no]
    assert now_is.state is SplitStatus.FAILED
    assert states(now_is) == [ShareStatus.FAILED, ShareStatus.SUCCEEDED]
    assert payment_of(opened).split_reserved == 200
    assert balances(opened) == {
        Purpose.CHANNEL_RECEIVABLE: 1000,
        Purpose.MERCHANT_PAYABLE: -800,
        Purpose.SPLIT_RECEIVERS: -200,
    }
    assert event_types(opened) == ["split.created", "split.failed"]


def test_refused_split_leaves_everything_with_the_merchant() -> None:
    opened = taken(1000)
    started = split(opened, 300, 200)
    refusal = split_result(started, Verdict.DECLINED, code="NO_AUTH", message="无分账权限")
    apply_split_result(opened, refusal)
    view = views.split_view(opened.order, payment_of(opened), opened.splits[started.split_no])
    assert view.failure is not None
    assert (view.status, view.failure.code) == (SplitStatus.FAILED, "NO_AUTH")
    assert {share.failure.message for share in view.receivers if share.failure} == {"无分账权限"}
    assert payment_of(opened).split_reserved == 0
    assert Purpose.SPLITS_IN_FLIGHT not in balances(opened)


def test_endless_reason_of_a_channel_is_cut() -> None:
    opened = taken(1000)
    started = split(opened, 300)
    refusal = split_result(started, Verdict.DECLINED, code="N" * 100_000, message="x" * 100_000)
    apply_split_result(opened, refusal)
    kept = Failure(code="N" * MAX_CODE_CHARS, message="x" * MAX_MESSAGE_CHARS)
    (share,) = opened.splits[started.split_no].shares
    assert share.failure == kept


@pytest.mark.parametrize("status", ["processing", None])
def test_split_is_not_decided_while_one_receiver_is_not(
    status: Literal["processing"] | None,
) -> None:
    opened = taken(1000)
    started = split(opened, 300, 200)
    named = [ShareResult(account="190001", amount=300, status="succeeded")]
    if status is not None:
        named.append(ShareResult(account="190002", amount=200, status=status))
    apply_split_result(opened, split_result(started, Verdict.SUCCEEDED, receivers=named))
    now_is = opened.splits[started.split_no]
    assert (now_is.state, now_is.last_fact) == (SplitStatus.PROCESSING, SplitFact.UNDER_WAY)


@pytest.mark.parametrize(
    "more",
    [
        {"payment_id": "C2"},
        {"receivers": [ShareResult(account="190001", amount=1, status="succeeded")]},
    ],
)
def test_words_of_another_account_or_amount_are_refused(more: dict[str, Any]) -> None:
    opened = taken(1000)
    started = split(opened, 300)
    with pytest.raises(ResultRefused):
        apply_split_result(opened, split_result(started, Verdict.SUCCEEDED, **more))
    assert opened.splits[started.split_no] == started


def test_channel_that_contradicts_itself_is_refused() -> None:
    opened = taken(1000)
    now_is = done(opened, 300)
    with pytest.raises(ResultRefused):
        apply_split_result(opened, shared(now_is, ["190001"]))


WORDS = [
    (Verdict.PENDING, {}),
    (Verdict.PENDING, {"found": False, "source": Source.QUERY_SPLIT}),
    (Verdict.NOT_SENT, {}),
    (Verdict.UNKNOWN, {}),
]


@given(st.lists(st.sampled_from(WORDS)), st.booleans(), st.data())
def test_any_order_and_repetition_of_the_words_leads_to_the_same_books(
    others: list[tuple[Verdict, dict[str, Any]]], fails: bool, data: st.DataObject
) -> None:
    opened = taken(1000)
    started = split(opened, 300, 200)
    decision = shared(started, ["190002"] if fails else [])
    words = [decision, decision, *(split_result(started, v, **more) for v, more in others)]
    for word in data.draw(st.permutations(words)):
        apply_split_result(opened, word)
    assert payment_of(opened).split_reserved == (300 if fails else 500)
    assert balances(opened)[Purpose.SPLIT_RECEIVERS] == (-300 if fails else -500)
    assert len(event_types(opened)) == 2


# ── when to ask ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "command"),
    [
        (None, CommandName.SPLIT),
        ((Verdict.NOT_SENT, {}), CommandName.SPLIT),
        ((Verdict.PENDING, {"found": False}), CommandName.SPLIT),
        ((Verdict.PENDING, {}), CommandName.QUERY_SPLIT),
        ((Verdict.UNKNOWN, {}), CommandName.QUERY_SPLIT),
    ],
)
def test_split_is_sent_until_the_channel_has_it_and_then_asked_about(
    word: tuple[Verdict, dict[str, Any]] | None, command: CommandName
) -> None:
    opened = taken(1000)
    started = split(opened, 300)
    if word is not None:
        apply_split_result(opened, split_result(started, word[0], **word[1]))
    step = split_step(opened.splits[started.split_no], attempt=0, now=NOON)
    assert isinstance(step, Ask)
    assert step.command is command


def test_decided_split_is_left_alone() -> None:
    assert split_step(done(taken(1000), 300), attempt=0, now=NOON) == Rest(None)
