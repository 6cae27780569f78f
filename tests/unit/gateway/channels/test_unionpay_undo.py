"""What goes back at UnionPay on the day of the payment: by an undo (消费撤销) or after one."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    CHANNEL_NO,
    MOMENT,
    PAYMENT_NO,
    REFUND_NO,
    paid_trade,
    refunding,
    undoing,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.unionpay_side import AT, UnionpaySide

from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    NotifiedRefund,
    NotSent,
    Outcome,
    Pending,
    Succeeded,
    Undo,
    Unknown,
)


@pytest.fixture(scope="module")
def side() -> UnionpaySide:
    return UnionpaySide()


NUMBER_AFTER_UNDO = f"{REFUND_NO}04"


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


@pytest.mark.parametrize(
    ("paid_at", "asked_at", "is_undone"),
    [
        ("2026-01-31T00:00", "2026-01-31T21:59", True),
        ("2026-01-31T21:59", "2026-01-31T21:59", True),
        ("2026-01-31T21:59", "2026-01-31T22:00", False),  # near the end of UnionPay's day
        ("2026-01-31T22:00", "2026-01-31T23:30", False),
        ("2026-01-31T23:30", "2026-01-31T23:31", False),  # of the next day, at UnionPay
        ("2026-01-31T23:30", "2026-02-01T09:00", False),
        ("2026-01-31T12:00", "2026-02-01T09:00", False),
        ("2026-01-31T12:00", "2027-01-31T12:00", False),
    ],
)
def test_what_was_paid_today_is_taken_back_well_before_unionpays_day_ends(
    side: UnionpaySide, paid_at: str, asked_at: str, is_undone: bool
) -> None:
    paid = replace(paid_trade(), paid_at=beijing(paid_at))
    assert undo_of(side).is_for(undoing(trade=paid, created_at=beijing(asked_at))) == is_undone


def test_only_a_whole_payment_that_has_its_number_is_taken_back(side: UnionpaySide) -> None:
    """A second refund of one is never of the whole: what was given back is reserved."""
    is_for, paid = undo_of(side).is_for, undoing().trade
    assert is_for(undoing())
    assert not is_for(refunding(1298, trade=paid))
    assert not is_for(undoing(trade=replace(paid, channel_trade_no=None)))
    assert not is_for(undoing(trade=replace(paid, paid_at=None)))


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        (Method.NATIVE, {"bizType": "000000", "channelType": "08"}),
        (Method.PC, {"bizType": "000201", "channelType": "07"}),
        (Method.H5, {"bizType": "000201", "channelType": "08"}),
    ],
)
def test_an_undo_names_the_payment_as_unionpay_does(
    side: UnionpaySide, method: Method, kind: dict[str, str]
) -> None:
    here, paid = opened(side), replace(undoing().trade, method=method)
    sent = asked(side, here, undo_of(side).send, undoing(trade=paid)).content
    named = {"orderId": REFUND_NO, "origQryId": CHANNEL_NO, "txnAmt": "1299"}
    assert {"txnType": "31", "txnSubType": "00", **kind, **named}.items() <= sent.items()
    assert sent["reqReserved"] == PAYMENT_NO
    assert "origOrderId" not in sent


def test_the_refund_after_an_undo_has_a_number_of_its_own(side: UnionpaySide) -> None:
    here = opened(side)
    after = asked(side, here, side.plugin.refund, undoing()).content
    assert (after["txnType"], after["orderId"]) == ("04", NUMBER_AFTER_UNDO)
    query = asked(side, here, side.plugin.query_refund, undoing()).content
    assert query["orderId"] == NUMBER_AFTER_UNDO
    partial = asked(side, here, side.plugin.refund, refunding()).content
    assert (partial["txnType"], partial["orderId"]) == ("04", REFUND_NO)


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("00", Pending()),
        ("12", Pending()),
        ("05", Unknown),
        ("01", Unknown),
        ("14", NotSent),
        ("35", Declined),
        ("64", Declined),
    ],
)
def test_what_unionpay_says_to_an_undo(
    side: UnionpaySide, code: str, meant: Outcome | type[Outcome]
) -> None:
    replied = side.answer(code, orderId=REFUND_NO, txnTime=AT, queryId="1")
    answered = outcome(side, opened(side), undo_of(side).send, undoing(), replied)
    assert answered == meant or (isinstance(meant, type) and isinstance(answered, meant))


@pytest.mark.parametrize(
    ("code", "meant"), [("00", Succeeded), ("05", Pending), ("64", Declined), ("Z9", Unknown)]
)
def test_how_an_undo_went(side: UnionpaySide, code: str, meant: type[Outcome]) -> None:
    replied = side.origin(REFUND_NO, code, 1299)
    answered = outcome(side, opened(side), undo_of(side).query, undoing(), replied)
    assert isinstance(answered, meant)
    assert not isinstance(answered, Pending) or answered.channel_no is None


def test_an_undo_that_unionpay_does_not_know_was_not_taken(side: UnionpaySide) -> None:
    answered = outcome(side, opened(side), undo_of(side).query, undoing(), side.answer("34"))
    assert answered == Pending(found=False)


@pytest.mark.parametrize(("code", "meant"), [("00", Succeeded), ("05", Pending), ("64", Pending)])
def test_an_undo_is_told_as_its_refund_and_its_no_ends_nothing(
    side: UnionpaySide, code: str, meant: type[Outcome]
) -> None:
    """A refund follows it, whose notification may even have come before."""
    notification = side.notification(REFUND_NO, code, txnType="31", reqReserved=PAYMENT_NO)
    [answered] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert isinstance(answered, NotifiedRefund)
    assert (answered.refund_no, answered.payment_no) == (REFUND_NO, PAYMENT_NO)
    assert isinstance(answered.outcome, meant)


@pytest.mark.parametrize("code", ["00", "64"])
def test_the_refund_after_an_undo_is_told_by_our_number(side: UnionpaySide, code: str) -> None:
    notification = side.notification(NUMBER_AFTER_UNDO, code, txnType="04", reqReserved=PAYMENT_NO)
    [answered] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert isinstance(answered, NotifiedRefund)
    assert answered.refund_no == REFUND_NO
    assert isinstance(answered.outcome, Succeeded if code == "00" else Declined)


def test_an_undo_of_another_amount_is_told_as_unionpay_says_it(side: UnionpaySide) -> None:
    """`compared-with-our-books`"""
    notification = side.notification(REFUND_NO, "00", txnType="31", txnAmt="1298")
    [answered] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert isinstance(answered.outcome, Succeeded)
    assert answered.outcome.amount == Money(1298, "CNY")


def undo_of(side: UnionpaySide) -> Undo[Any]:
    assert side.plugin.undo is not None
    return side.plugin.undo
