"""The 15-second rule, the next attempt, and the payer's own choice."""

from dataclasses import replace
from typing import Any

import pytest
from tests.builders.trade_core import (
    NOON,
    aggregate,
    cashier_request,
    fresh,
    later,
    payment_request,
    pending,
)

from contracts.actions import QrCodeAction
from contracts.api import Method, OrderStatus, PaymentStatus
from trade_core.domain import opening
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import NextCheck
from trade_core.domain.errors import (
    CheckoutReplaced,
    CurrencyChanged,
    OrderClosed,
    OrderPaid,
    PaymentInProgress,
    TooManyAttempts,
)
from trade_core.domain.opening import Choice
from trade_core.domain.payment import OutsideWord, Payment, ReportedPayment

WECHAT = Choice("C1", "wechat", Method.NATIVE)
ALIPAY = Choice("C2", "alipay", Method.NATIVE)


def test_next_attempt_takes_the_new_values_and_has_the_older_closed() -> None:
    order, payment = pending()
    opened = aggregate(order, payment, now=later(20))
    another = opening.open_another(
        opened, payment_request(amount=1500, subject="物业费 12月", expires_in_s=60)
    )
    assert (opened.order.amount, opened.order.subject) == (1500, "物业费 12月")
    assert opened.order.expires_at == later(80)
    assert opened.order.latest_payment_no == another.payment_no
    assert opened.payments[payment.payment_no].closing
    assert opened.next_checks == {
        payment.payment_no: NextCheck(later(20)),
        another.payment_no: NextCheck(later(32)),
    }
    assert [event.type for event in opened.events] == ["payment.created"]


@pytest.mark.parametrize("state", ["open", "over"])
def test_next_attempt_has_the_currency_of_the_first(state: str) -> None:
    """An older attempt may be paid yet, also late: then 12.99 yuan would stand there as dollars."""
    order, payment = pending()
    opened = aggregate(order, payment, now=later(20 if state == "open" else 8000))
    with pytest.raises(CurrencyChanged) as refused:
        opening.open_another(opened, payment_request(currency="USD"))
    assert [fault.pointer for fault in refused.value.errors] == ["/currency"]
    assert (opened.order, list(opened.payments)) == (order, [payment.payment_no])


def test_next_attempt_after_expiry_keeps_the_order_open() -> None:
    order, payment = fresh(cashier_request())
    opened = aggregate(order, payment, now=later(8000))
    opening.open_another(opened, payment_request())
    assert opened.order.state is OrderStatus.OPEN
    assert opened.payments[payment.payment_no].state is PaymentStatus.CLOSED


def at_checkout(**changes: Any) -> tuple[OrderAggregate, Payment]:
    order, payment = fresh(cashier_request(), **changes)
    return aggregate(order, payment, now=later(30)), payment


def test_first_choice_binds_the_payment() -> None:
    opened, payment = at_checkout()
    chosen = opening.choose(opened, payment.payment_no, WECHAT)
    assert (chosen.initiate, chosen.close_first) == (True, None)
    bound = opened.payments[payment.payment_no]
    assert (bound.account_id, bound.channel, bound.called_as) == ("C1", "wechat", Method.NATIVE)
    assert (bound.method, bound.state) == (Method.CASHIER, PaymentStatus.INITIATING)
    assert opened.next_checks[payment.payment_no] == NextCheck(later(42))


def test_same_choice_again_shows_the_payment() -> None:
    opened, payment = at_checkout()
    opening.choose(opened, payment.payment_no, WECHAT)
    again = opening.choose(opened, payment.payment_no, WECHAT)
    assert (again.initiate, again.close_first) == (False, None)
    assert len(opened.payments) == 1


def placed(**changes: Any) -> tuple[OrderAggregate, Payment]:
    return at_checkout(
        account_id="C1",
        channel="wechat",
        called_as=Method.NATIVE,
        state=PaymentStatus.PENDING,
        **changes,
    )


def test_other_choice_must_first_close_the_former() -> None:
    opened, payment = placed()
    chosen = opening.choose(opened, payment.payment_no, ALIPAY)
    assert not chosen.initiate
    assert chosen.close_first is not None
    assert chosen.close_first.payment_no == payment.payment_no
    assert len(opened.payments) == 1
    assert opened.next_checks[payment.payment_no] == NextCheck(later(42))


@pytest.mark.parametrize("state", [PaymentStatus.CLOSED, PaymentStatus.FAILED])
def test_other_choice_opens_another_payment_when_the_former_is_over(state: PaymentStatus) -> None:
    opened, payment = placed()
    opened.payments[payment.payment_no] = replace(payment, state=state, closing=True)
    chosen = opening.choose(opened, payment.payment_no, ALIPAY)
    assert chosen.initiate
    another = chosen.payment
    assert another.payment_no != payment.payment_no
    assert (another.account_id, another.method, another.closing) == ("C2", Method.CASHIER, False)
    assert another.expires_at == opened.order.expires_at
    assert opened.order.latest_payment_no == another.payment_no


def test_payment_that_is_being_closed_is_not_shown_again() -> None:
    opened, payment = placed(closing=True)
    chosen = opening.choose(opened, payment.payment_no, WECHAT)
    assert chosen.close_first is not None
    assert not chosen.initiate


def test_switch_waits_for_the_running_initiation() -> None:
    opened, payment = at_checkout()
    opening.choose(opened, payment.payment_no, WECHAT)
    with pytest.raises(PaymentInProgress):
        opening.choose(opened, payment.payment_no, ALIPAY)


def test_same_place_anew_closes_what_was_begun_there() -> None:
    opened, payment = placed()
    again = opening.choose(opened, payment.payment_no, replace(WECHAT, anew=True))
    assert again.close_first is not None
    assert not again.initiate


def test_attempts_follow_each_other_three_seconds_apart() -> None:
    opened, payment = placed(initiated_at=later(28))
    with pytest.raises(TooManyAttempts) as refused:
        opening.choose(opened, payment.payment_no, ALIPAY)
    assert refused.value.retry_after_s == 1
    opened.now = later(31)
    assert opening.choose(opened, payment.payment_no, ALIPAY).close_first


def test_an_order_has_six_attempts_and_the_last_stays_open() -> None:
    opened, payment = placed(action=QrCodeAction(qr_code="weixin://x"))
    for number in range(5):
        former = replace(payment, payment_no=f"P-{number}", state=PaymentStatus.CLOSED)
        opened.payments[former.payment_no] = former
    with pytest.raises(TooManyAttempts) as refused:
        opening.choose(opened, payment.payment_no, ALIPAY)
    assert refused.value.retry_after_s is None
    assert not opened.payments[payment.payment_no].closing
    assert not opening.choose(opened, payment.payment_no, WECHAT).initiate


def test_attempts_are_over_unless_the_app_began_again() -> None:
    _, payment = placed()
    six = [replace(payment, payment_no=f"P-{number}") for number in range(6)]
    assert not opening.attempts_are_over(six[1:], six[-1])
    assert opening.attempts_are_over(six, six[-1])
    _, fresh = at_checkout()
    assert not opening.attempts_are_over([*six, fresh], fresh)
    over = replace(fresh, state=PaymentStatus.CLOSED)
    assert opening.attempts_are_over([*six, over], over)


def test_nothing_is_chosen_for_an_order_that_is_over() -> None:
    opened, payment = at_checkout()
    number = payment.payment_no
    opened.now = payment.expires_at
    with pytest.raises(OrderClosed):
        opening.choose(opened, number, WECHAT)
    opened.order = replace(opened.order, state=OrderStatus.PAID)
    with pytest.raises(OrderPaid):
        opening.choose(opened, number, WECHAT)


def test_nothing_is_chosen_on_a_page_that_was_replaced() -> None:
    opened, payment = at_checkout()
    opening.open_another(opened, payment_request())
    with pytest.raises(CheckoutReplaced):
        opening.choose(opened, payment.payment_no, WECHAT)


def test_requested_account_is_kept_until_the_payer_chooses() -> None:
    _, payment = fresh(payment_request(channel=None, method=Method.CASHIER, payment_id="C7"))
    assert (payment.account_id, payment.requested_account_id) == (None, "C7")
    assert payment.state is PaymentStatus.PENDING
    assert payment.created_at == NOON


def test_another_choice_takes_nothing_over_of_what_became_of_the_former() -> None:
    order, former = fresh(
        cashier_request(metadata={"room": "3-1201"}),
        state=PaymentStatus.CLOSED,
        account_id="C1",
        channel="wechat",
        called_as=Method.NATIVE,
        claim=ReportedPayment("C1", "T1", 1, "CNY", NOON),
        reversed_at=NOON,
        may_be_paid=True,
        paid_at=NOON,
        held_words=(OutsideWord(1, None, NOON, NOON),),
    )
    opened = aggregate(order, former, now=later(30))
    chosen = opening.choose(opened, former.payment_no, ALIPAY).payment
    assert (chosen.metadata, chosen.method) == (former.metadata, Method.CASHIER)
    assert (chosen.claim, chosen.reversed_at, chosen.paid_at) == (None, None, None)
    assert (chosen.may_be_paid, chosen.held_words) == (False, ())
