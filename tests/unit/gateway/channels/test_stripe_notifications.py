"""What Stripe's events mean: whose they are, when they were true, and what makes us ask."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import MOMENT, NOW, PAYMENT_NO, REFUND_NO, trade
from tests.unit.gateway.channels.plugin_driver import opened, outcome
from tests.unit.gateway.channels.stripe_side import CREATED, INTENT_ID, SESSION_ID, StripeSide

from contracts.money import Money
from gateway.channels.plugin import (
    Answer,
    Declined,
    Disputed,
    GivenBack,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    Pending,
    Question,
    RawNotification,
    Succeeded,
    Unverifiable,
)

PLUGIN = StripeSide.plugin


@pytest.fixture(scope="module")
def side() -> StripeSide:
    return StripeSide()


@pytest.fixture(scope="module")
def account(side: StripeSide) -> Any:
    return opened(side)


def read(account: Any, notification: RawNotification) -> Any:
    return PLUGIN.notifications.read(notification, account, MOMENT)


def asked(account: Any, notification: RawNotification) -> Question:
    with pytest.raises(Question) as raised:
        read(account, notification)
    return raised.value


def test_an_event_tells_what_was_true_when_it_was_made(side: StripeSide, account: Any) -> None:
    """However late it arrives: it is signed anew each time, and the event stays the same."""
    made_at = CREATED - 86_400
    content = side.paid_session(PAYMENT_NO, payment_intent=INTENT_ID)
    event = {"object": "event", "created": made_at, "livemode": False, "data": {"object": content}}
    [answered] = read(account, side.signed(json.dumps(event).encode()))
    assert answered.outcome.asked_at == answered.outcome.said_at == NOW - timedelta(days=1)
    assert answered.outcome.at == NOW - timedelta(days=1)
    assert (answered.outcome.channel_no, answered.outcome.earlier_no) == (INTENT_ID, SESSION_ID)


def test_a_page_that_expired_is_closed(side: StripeSide, account: Any) -> None:
    [answered] = read(account, side.event(side.session(PAYMENT_NO, status="expired")))
    assert isinstance(answered.outcome, Declined)
    assert answered.outcome.closed


def test_a_payment_in_an_app_is_told_by_its_intent(side: StripeSide, account: Any) -> None:
    [answered] = read(account, side.event(side.paid_intent(PAYMENT_NO, latest_charge="ch_1")))
    assert answered.outcome == Succeeded(INTENT_ID, Money(1299, "CNY"), NOW)
    assert not answered.is_unbound
    failed = side.intent(PAYMENT_NO, last_payment_error={"code": "card_declined"})
    [answered] = read(account, side.event(failed, type="payment_intent.payment_failed"))
    assert answered.outcome == Pending(channel_no=INTENT_ID)


def test_the_charge_of_a_page_makes_us_ask(side: StripeSide, account: Any) -> None:
    """Also what went back of it: the answer to our question says it with the session's number."""
    metadata = {"payment_no": PAYMENT_NO, "is_hosted": "true"}
    for back in (0, 300):
        charge = side.charge(PAYMENT_NO, metadata=metadata, amount_refunded=back)
        [answered] = read(account, side.event(charge))
        assert answered.is_unbound
    [answered] = read(account, side.event(side.charge(PAYMENT_NO)))
    assert not answered.is_unbound


def test_the_intent_of_a_page_makes_us_ask(side: StripeSide, account: Any) -> None:
    """It does not name the session by which we know the payment until then."""
    metadata = {"payment_no": PAYMENT_NO, "is_hosted": "true"}
    [answered] = read(account, side.event(side.paid_intent(PAYMENT_NO, metadata=metadata)))
    assert answered.is_unbound


@pytest.mark.parametrize(
    ("changed", "kind"),
    [({}, Succeeded), ({"status": "pending"}, Pending), ({"status": "failed"}, Declined)],
)
def test_a_refund_is_told_by_our_number(
    side: StripeSide, account: Any, changed: dict[str, str], kind: type
) -> None:
    [answered] = read(account, side.event(side.refund(REFUND_NO, PAYMENT_NO, **changed)))
    assert isinstance(answered, NotifiedRefund)
    assert (answered.refund_no, answered.payment_no) == (REFUND_NO, PAYMENT_NO)
    assert isinstance(answered.outcome, kind)


def test_a_refund_in_the_dashboard_is_told_by_the_charge(side: StripeSide, account: Any) -> None:
    """`money-moved-outside`"""
    outside = side.refund("", "", metadata={})
    assert read(account, side.event(outside)) == []
    [answered] = read(account, side.event(side.charge(PAYMENT_NO, amount_refunded=300)))
    assert isinstance(answered, NotifiedPayment)
    assert answered.outcome.given_back == GivenBack(Money(300, "CNY"))  # type: ignore[union-attr]
    assert answered.outcome.amount == Money(1299, "CNY")  # type: ignore[union-attr]


def dispute(side: StripeSide, *moved: int, **changed: Any) -> dict[str, Any]:
    paid = side.paid_intent(PAYMENT_NO, latest_charge=side.charge(PAYMENT_NO, amount_refunded=200))
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 1000,
        "balance_transactions": [{"amount": each} for each in moved],
        "charge": "ch_1",
        "currency": "cny",
        "livemode": False,
        "metadata": {},
        "payment_intent": paid,
        "status": "needs_response",
    } | changed


@pytest.mark.parametrize(
    ("moved", "given_back", "is_won"),
    [
        ([-1000], GivenBack(Money(1200, "CNY"), "dp_1", Money(1000, "CNY")), False),
        ([-7000], GivenBack(Money(1200, "CNY"), "dp_1", Money(1000, "CNY")), False),
        ([-1000, 1000], GivenBack(Money(200, "CNY")), True),
    ],
)
def test_a_dispute_is_money_that_was_moved_outside(
    side: StripeSide, account: Any, moved: list[int], given_back: GivenBack, is_won: bool
) -> None:
    """It knows its payment by Stripe's number alone, so that Stripe is asked."""
    question = asked(account, side.event(dispute(side, payment_intent=INTENT_ID)))
    assert question.call.target == "/v1/disputes/dp_1"
    [answered] = question.read(Answer(200, dispute(side, *moved), MOMENT), account)
    assert isinstance(answered.outcome, Succeeded)
    assert answered.outcome.given_back == given_back
    assert answered.outcome.disputed == Disputed("dp_1", Money(1000, "CNY"), is_won)


@pytest.mark.parametrize("moved", [[-1000], [-1000, 1000]])
def test_a_dispute_of_another_currency_comes_again_and_people_hear_of_it(
    side: StripeSide, account: Any, moved: list[int]
) -> None:
    """Of 12.99 yuan, 1.85 dollars were booked as 1.85 yuan (`compared-with-our-books`)."""
    disputed = dispute(side, *moved, currency="usd", amount=185)
    question = asked(account, side.event(disputed | {"payment_intent": INTENT_ID}))
    with pytest.raises(NotUnderstood):
        question.read(Answer(200, disputed, MOMENT), account)


def test_what_went_back_is_of_the_currency_that_was_taken() -> None:
    yuan, dollars = Money(1299, "CNY"), Money(185, "USD")
    for back in (GivenBack(dollars), GivenBack(yuan, "1", dollars), GivenBack(dollars, "1", yuan)):
        with pytest.raises(NotUnderstood):
            Succeeded("1", yuan, given_back=back)
    assert Succeeded("1", dollars, given_back=GivenBack(dollars)).given_back


@pytest.mark.parametrize("created", [10**17, 10**12, -(10**17)])
def test_a_time_that_no_calendar_has_is_no_word(
    side: StripeSide, account: Any, created: int
) -> None:
    """It raised what nobody expects of an answer: 500 for an app whose payment was unknown."""
    charged = side.charge(PAYMENT_NO, created=created)
    reply = side.answer(side.paid_intent(PAYMENT_NO, latest_charge=charged))
    known = replace(trade(), channel_trade_no=INTENT_ID)
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query, known, reply)


def test_an_inquiry_of_the_bank_moves_nothing(side: StripeSide, account: Any) -> None:
    question = asked(account, side.event(dispute(side, payment_intent=INTENT_ID)))
    assert question.read(Answer(200, dispute(side), MOMENT), account) == []


@pytest.mark.parametrize(
    ("kind", "number", "path"),
    [
        ("checkout.session", SESSION_ID, "/v1/checkout/sessions/"),
        ("payment_intent", INTENT_ID, "/v1/payment_intents/"),
        ("refund", "re_1", "/v1/refunds/"),
    ],
)
def test_a_thin_event_makes_us_ask(
    side: StripeSide, account: Any, kind: str, number: str, path: str
) -> None:
    thin = {
        "id": "evt_test_1",
        "object": "v2.core.event",
        "type": f"v1.{kind}.updated",
        "livemode": False,
        "related_object": {"id": number, "type": kind, "url": "https://evil.example/"},
    }
    question = asked(account, side.signed(json.dumps(thin).encode()))
    assert question.call.target == path + number
    assert question.call.verb == "GET"
    content = side.paid_session(PAYMENT_NO)
    [answered] = question.read(Answer(200, content, MOMENT), account)
    assert isinstance(answered.outcome, Succeeded)
    with pytest.raises(Unverifiable):
        question.read(Answer(404, {"error": {"code": "resource_missing"}}, MOMENT), account)


@pytest.mark.parametrize(
    "content",
    [
        {"object": "customer", "id": "cus_1"},
        {"object": "payment_intent", "id": "pi_1", "metadata": {}, "status": "canceled"},
        {"object": "payment_intent", "id": "pi_1", "metadata": {"payment_no": "W1"},
         "status": "canceled"},
    ],
)  # fmt: skip
def test_what_is_about_nothing_of_ours_is_taken_and_forgotten(
    side: StripeSide, account: Any, content: dict[str, Any]
) -> None:
    assert read(account, side.event(content)) == []


def test_the_other_mode_is_another_account(side: StripeSide, account: Any) -> None:
    with pytest.raises(Unverifiable):
        read(account, side.event(side.paid_session(PAYMENT_NO), livemode=True))


def test_both_secrets_count_while_one_is_rolled(side: StripeSide, account: Any) -> None:
    body = side.paid_notification(PAYMENT_NO).body
    for made in ((side.webhook_secret, "whsec_other"), ("whsec_other", side.webhook_secret)):
        assert read(account, side.signed(body, CREATED, *made))
    with pytest.raises(Unverifiable):
        read(replace(account, webhook_secrets=()), side.signed(body))


@pytest.mark.parametrize(
    "change", [{"currency": "mxn"}, {"payment_intent": None}, {"amount_captured": "1"}]
)
def test_what_the_account_is_paid_otherwise_is_taken_and_forgotten(
    side: StripeSide, account: Any, change: dict[str, Any]
) -> None:
    """In a currency that is not ours, or without an intent: an address that refuses is turned
    off."""
    theirs = side.charge("", **change) | {"metadata": {}}
    assert read(account, side.event(theirs)) == []
    session = side.paid_session("", **change) | {"metadata": {}}
    assert read(account, side.event(session)) == []


@pytest.mark.parametrize("number", [None, "", 7, {}])
def test_a_payment_of_ours_without_its_number_is_no_word(
    side: StripeSide, account: Any, number: object
) -> None:
    for paid in (side.charge(PAYMENT_NO), side.paid_session(PAYMENT_NO)):
        with pytest.raises(Unverifiable):
            read(account, side.event({**paid, "payment_intent": number}))
