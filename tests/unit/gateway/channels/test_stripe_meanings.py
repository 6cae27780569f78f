"""What Stripe's answers and statements mean for us, and how it is asked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    LANDING_URL,
    MOMENT,
    NOW,
    OTHER_PAYMENT_NO,
    PAYMENT_NO,
    REFUND_NO,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.stripe_side import ACCOUNT_ID, INTENT_ID, SESSION_ID, StripeSide

from contracts.actions import AppAction, RedirectAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Answer,
    Declined,
    GivenBack,
    Moment,
    NotSent,
    NotUnderstood,
    Pending,
    Refunding,
    Statement,
    StatementPage,
    StatementRequest,
    Succeeded,
    Trade,
    Unknown,
    Unverifiable,
)
from gateway.channels.stripe import amounts
from gateway.channels.stripe.operations import statements, trial
from gateway.directory.credentials import BadCredentials, open_account

PLUGIN = StripeSide.plugin
LATER = Moment(NOW + timedelta(minutes=2), MOMENT.nonce)


@pytest.fixture(scope="module")
def side() -> StripeSide:
    return StripeSide()


@pytest.fixture(scope="module")
def account(side: StripeSide) -> Any:
    return opened(side)


@pytest.mark.parametrize("replayed", ["true", "false", ""])
def test_a_refund_short_of_money_is_sent_again_and_by_which_key_stripe_says(
    side: StripeSide, account: Any, replayed: str
) -> None:
    refusal = side.refused("balance_insufficient")
    answer = replace(refusal, headers={**refusal.headers, "idempotent-replayed": replayed})
    refused = outcome(side, account, PLUGIN.refund, refunding(), answer)
    assert isinstance(refused, NotSent)
    assert "each hour" in refused.message
    assert refused.is_kept == (replayed == "true")


@pytest.mark.parametrize("code", ["api_error", "idempotency_error", "charge_already_refunded"])
def test_only_what_surely_did_nothing_and_is_no_end_leads_to_another_key(
    side: StripeSide, account: Any, code: str
) -> None:
    refusal = side.refused(code)
    answer = replace(refusal, headers={**refusal.headers, "idempotent-replayed": "true"})
    assert not isinstance(outcome(side, account, PLUGIN.refund, refunding(), answer), NotSent)


def known(number: str, method: Method = Method.PC) -> Trade:
    return Trade(PAYMENT_NO, Money(1299, "CNY"), method, NOW, NOW + timedelta(hours=2), number)


def read_outcome(side: StripeSide, account: Any, shown: dict[str, Any]) -> Any:
    return outcome(side, account, PLUGIN.query, trade(), side.answer(shown))


# ── how it is asked ──


@pytest.mark.parametrize("method", [Method.H5, Method.PC, Method.CASHIER])
def test_a_page_is_one_session_by_our_number(
    side: StripeSide, account: Any, method: Method
) -> None:
    call = PLUGIN.methods[method].call(order(method), account)
    assert call.idempotency_key == PAYMENT_NO
    fields = asked(side, account, PLUGIN.methods[method], order(method)).content
    assert fields["client_reference_id"] == PAYMENT_NO
    assert fields["metadata[payment_no]"] == PAYMENT_NO
    assert fields["payment_intent_data[metadata][payment_no]"] == PAYMENT_NO
    assert fields["line_items[0][price_data][unit_amount]"] == "1299"
    assert fields["line_items[0][price_data][currency]"] == "cny"
    assert fields["line_items[0][quantity]"] == "1"
    answered = outcome(
        side, account, PLUGIN.methods[method], order(method), side.prepared(method, PAYMENT_NO)
    )
    assert isinstance(answered, Pending)
    assert isinstance(answered.action, RedirectAction)
    assert answered.channel_no == SESSION_ID


def test_a_payer_without_an_address_of_the_apps_is_sent_to_our_page(account: Any) -> None:
    """It was our webhook's: who had just paid saw "method not allowed"."""
    call = PLUGIN.methods[Method.PC].call(order(Method.PC, return_url=None), account)
    assert call.body is not None
    assert (call.body["success_url"], call.body["cancel_url"]) == (LANDING_URL, None)


@pytest.mark.parametrize(
    ("life", "sent"),
    [
        (timedelta(seconds=60), timedelta(minutes=31)),
        (timedelta(hours=2), timedelta(hours=2)),
        (timedelta(days=7), timedelta(hours=23, minutes=59)),
    ],
)
def test_a_page_lives_as_long_as_stripe_lets_it(
    side: StripeSide, account: Any, life: timedelta, sent: timedelta
) -> None:
    request = order(Method.PC, expires_at=NOW + life)
    fields = asked(side, account, PLUGIN.methods[Method.PC], request).content
    assert int(fields["expires_at"]) == int((NOW + sent).timestamp())


def test_who_chose_late_on_our_page_has_half_an_hour_too(side: StripeSide, account: Any) -> None:
    request = order(
        Method.PC,
        created_at=NOW - timedelta(hours=2),
        initiated_at=NOW,
        expires_at=NOW + timedelta(minutes=1),
    )
    fields = asked(side, account, PLUGIN.methods[Method.PC], request).content
    assert int(fields["expires_at"]) == int((NOW + timedelta(minutes=31)).timestamp())


def test_a_lost_session_is_looked_for_when_the_payer_chose(side: StripeSide, account: Any) -> None:
    late = replace(
        trade(Method.PC), created_at=NOW - timedelta(hours=2), initiated_at=NOW - timedelta(hours=1)
    )
    query = asked(side, account, PLUGIN.query, late).content
    assert int(query["created[gte]"]) <= int((NOW - timedelta(hours=1)).timestamp())
    assert int(query["created[lte]"]) >= int((NOW - timedelta(hours=1)).timestamp())


def test_an_app_is_given_what_its_sdk_needs(side: StripeSide, account: Any) -> None:
    answered = outcome(
        side, account, PLUGIN.methods[Method.APP], order(Method.APP),
        side.prepared(Method.APP, PAYMENT_NO),
    )  # fmt: skip
    assert isinstance(answered, Pending)
    assert isinstance(answered.action, AppAction)
    assert answered.action.params == {
        "client_secret": f"{INTENT_ID}_secret_x",
        "payment_intent": INTENT_ID,
        "publishable_key": account.publishable_key,
    }
    assert answered.channel_no == INTENT_ID


@pytest.mark.parametrize("subject", [" ", "\u200b", "长" * 300])
def test_a_name_is_never_empty_and_never_too_long(
    side: StripeSide, account: Any, subject: str
) -> None:
    request = order(Method.PC, subject=subject)
    fields = asked(side, account, PLUGIN.methods[Method.PC], request).content
    name = fields["line_items[0][price_data][product_data][name]"]
    assert 1 <= len(name) <= 250


@pytest.mark.parametrize(
    ("money", "sent"),
    [
        (Money(1299, "CNY"), 1299),
        (Money(1299, "USD"), 1299),
        (Money(1000, "JPY"), 1000),
        (Money(5000, "KRW"), 5000),
        (Money(1250, "KWD"), 1250),
        (Money(1500, "ISK"), 150_000),
        (Money(7, "UGX"), 700),
        (Money(1299, "TWD"), 1299),
    ],
)
def test_amounts_are_counted_as_stripe_counts(money: Money, sent: int) -> None:
    assert amounts.write(money) == sent
    assert amounts.read(sent, money.currency.lower()) == money


@pytest.mark.parametrize(
    ("amount", "currency"), [(12.5, "usd"), ("12", "usd"), (True, "usd"), (150, "isk"), (1, "zzz"),
                             (1, None), (None, "usd")]
)  # fmt: skip
def test_an_amount_that_is_none_is_no_word(amount: object, currency: object) -> None:
    with pytest.raises(Unverifiable):
        amounts.read(amount, currency)


@pytest.mark.parametrize(
    ("asked_of", "path"),
    [
        (known(SESSION_ID), f"/v1/checkout/sessions/{SESSION_ID}"),
        (known(INTENT_ID), f"/v1/payment_intents/{INTENT_ID}"),
        (trade(Method.PC), "/v1/checkout/sessions"),
        (trade(Method.APP), "/v1/payment_intents"),
    ],
)
def test_it_is_asked_by_its_number_or_by_its_time(
    side: StripeSide, account: Any, asked_of: Trade, path: str
) -> None:
    found = asked(side, account, PLUGIN.query, asked_of)
    assert found.operation == path
    if asked_of.channel_trade_no is None:
        assert int(found.content["created[gte]"]) == int(NOW.timestamp()) - 10
        assert int(found.content["created[lte]"]) == int(NOW.timestamp()) + 30


@pytest.mark.parametrize(
    ("closing", "path"),
    [
        (known(SESSION_ID), f"/v1/checkout/sessions/{SESSION_ID}/expire"),
        (known(INTENT_ID), f"/v1/payment_intents/{INTENT_ID}/cancel"),
        (trade(Method.PC), "/v1/checkout/sessions"),
    ],
)
def test_a_close_ends_what_it_knows_and_looks_for_what_it_does_not(
    side: StripeSide, account: Any, closing: Trade, path: str
) -> None:
    assert asked(side, account, PLUGIN.close, closing).operation == path
    assert PLUGIN.close is not None
    assert PLUGIN.close.call(closing, account).idempotency_key is None


def test_a_refund_has_our_number_as_its_key(side: StripeSide, account: Any) -> None:
    call = PLUGIN.refund.call(refunding(), account)
    assert call.idempotency_key == REFUND_NO
    again = PLUGIN.refund.call(refunding(key="R1-0-1"), account)
    assert again == replace(call, idempotency_key="R1-0-1")
    fields = asked(side, account, PLUGIN.refund, refunding()).content
    assert fields["amount"] == "500"
    assert fields["metadata[refund_no]"] == REFUND_NO
    assert fields["metadata[payment_no]"] == PAYMENT_NO


def test_a_refund_of_nobody_knows_what_is_not_sent(account: Any) -> None:
    unknown = Refunding(trade(), REFUND_NO, Money(500, "CNY"), NOW, "https://pay.example")
    with pytest.raises(LookupError):
        PLUGIN.refund.call(unknown, account)


# ── what it means ──


def test_a_paid_page_gets_the_number_of_its_payment(side: StripeSide, account: Any) -> None:
    answered = read_outcome(side, account, side.paid_session(PAYMENT_NO))
    assert (answered.channel_no, answered.earlier_no) == (INTENT_ID, SESSION_ID)


def test_a_page_and_its_payment_that_name_two_amounts_are_no_yes(
    side: StripeSide, account: Any
) -> None:
    """`compared-with-our-books`; in which currency each is, it says itself."""
    with pytest.raises(NotUnderstood):
        read_outcome(side, account, side.paid_session(PAYMENT_NO, amount_total=1300))
    paid = side.paid_intent(PAYMENT_NO, currency="usd")
    abroad = read_outcome(side, account, side.paid_session(PAYMENT_NO, payment_intent=paid))
    assert abroad.amount == Money(1299, "USD")


@pytest.mark.parametrize(
    "state",
    ["requires_payment_method", "requires_confirmation", "requires_action", "processing",
     "requires_capture"],
)  # fmt: skip
def test_a_try_that_failed_ends_nothing(side: StripeSide, account: Any, state: str) -> None:
    shown = side.intent(PAYMENT_NO, status=state, last_payment_error={"code": "card_declined"})
    assert read_outcome(side, account, shown) == Pending(channel_no=INTENT_ID)


def test_what_was_cancelled_is_closed(side: StripeSide, account: Any) -> None:
    answered = read_outcome(side, account, side.intent(PAYMENT_NO, status="canceled"))
    assert isinstance(answered, Declined)
    assert answered.closed


@pytest.mark.parametrize(
    ("intent_is", "closed"), [("processing", False), ("requires_payment_method", True)]
)
def test_a_payment_that_takes_days_is_waited_for_and_may_fail(
    side: StripeSide, account: Any, intent_is: str, closed: bool
) -> None:
    inside = side.intent(PAYMENT_NO, status=intent_is)
    shown = side.session(
        PAYMENT_NO, status="complete", payment_status="unpaid", payment_intent=inside
    )
    assert isinstance(read_outcome(side, account, shown), Declined) == closed


def test_what_went_back_is_told_beside_the_payment(side: StripeSide, account: Any) -> None:
    charged = side.charge(PAYMENT_NO, amount_refunded=300)
    answered = read_outcome(side, account, side.paid_intent(PAYMENT_NO, latest_charge=charged))
    assert answered.given_back == GivenBack(Money(300, "CNY"))


def test_ours_is_found_among_others(side: StripeSide, account: Any) -> None:
    others = side.paid_session(OTHER_PAYMENT_NO), side.session("", metadata={})
    listed = side.listed(*others, side.paid_session(PAYMENT_NO), has_more=True)
    assert isinstance(read_outcome(side, account, listed), Succeeded)


def test_what_is_not_listed_was_not_made_unless_more_was(side: StripeSide, account: Any) -> None:
    answered = read_outcome(side, account, side.listed(side.paid_session(OTHER_PAYMENT_NO)))
    assert answered == Pending(found=False)
    assert isinstance(read_outcome(side, account, side.listed(has_more=True)), Unknown)


@pytest.mark.parametrize("operation", [PLUGIN.query, PLUGIN.close, PLUGIN.query_refund])
def test_a_list_that_goes_on_is_asked_for_from_there(
    side: StripeSide, account: Any, operation: Any
) -> None:
    """A payment of a busy account, whose answer was lost, was unknown for days."""
    asked_about = refunding() if operation is PLUGIN.query_refund else trade()
    reply = side.answer(side.listed(side.session("", id="cs_9", metadata={}), has_more=True))
    answered = outcome(side, account, operation, asked_about, reply)
    assert isinstance(answered, Unknown)
    first = operation.call(asked_about, account)
    query = {**first.query, "starting_after": "cs_9"}
    assert answered.next_page == replace(first, query=query)


def test_the_other_mode_is_another_account(side: StripeSide, account: Any) -> None:
    with pytest.raises(Unverifiable):
        read_outcome(side, account, side.paid_session(PAYMENT_NO, livemode=True))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({"status": "expired", "payment_status": "unpaid"}, Succeeded()),
        ({"status": "open"}, Pending(channel_no=SESSION_ID)),
    ],
)
def test_a_close_is_over_when_the_page_is(
    side: StripeSide, account: Any, shown: dict[str, Any], expected: object
) -> None:
    reply = side.answer(side.listed(side.session(PAYMENT_NO, **shown)))
    assert outcome(side, account, PLUGIN.close, trade(), reply) == expected


def test_what_was_never_made_is_gone_once_it_cannot_be_made_any_more(
    side: StripeSide, account: Any
) -> None:
    nothing = side.answer(side.listed())
    assert isinstance(outcome(side, account, PLUGIN.close, trade(), nothing), Unknown)
    answered = outcome(side, account, PLUGIN.close, trade(), nothing, LATER)
    assert answered == Succeeded(found=False)


def test_a_close_that_meets_a_payment_is_no_close(side: StripeSide, account: Any) -> None:
    reply = side.answer(side.listed(side.paid_session(PAYMENT_NO)))
    assert isinstance(outcome(side, account, PLUGIN.close, trade(), reply), Unknown)
    refusal = side.error(400, code="payment_intent_unexpected_state")
    assert isinstance(outcome(side, account, PLUGIN.close, known(INTENT_ID), refusal), Unknown)


@pytest.mark.parametrize(
    ("changed", "kind", "abnormal"),
    [
        ({"status": "succeeded"}, Succeeded, None),
        ({"status": "pending"}, Pending, None),
        ({"status": "requires_action"}, Pending, None),
        ({"status": "failed", "failure_reason": "lost_or_stolen_card"}, Declined, True),
        ({"status": "canceled"}, Declined, False),
        ({"status": "UNHEARD_OF"}, Unknown, None),
    ],
)
def test_a_refund_is_what_stripe_says_of_it(
    side: StripeSide, account: Any, changed: dict[str, Any], kind: type, abnormal: bool | None
) -> None:
    shown = side.refund(REFUND_NO, PAYMENT_NO, **changed)
    for reply in (side.answer(shown), side.answer(side.listed(shown, has_more=True))):
        answered = outcome(side, account, PLUGIN.query_refund, refunding(), reply)
        assert isinstance(answered, kind)
        assert getattr(answered, "abnormal", None) is abnormal


def test_a_refund_that_is_not_listed_is_not_there(side: StripeSide, account: Any) -> None:
    other = side.refund("R01JGZ7K8M9N0P1Q2R3S4T5V6W8", PAYMENT_NO)
    reply = side.answer(side.listed(other))
    answered = outcome(side, account, PLUGIN.query_refund, refunding(), reply)
    assert answered == Pending(found=False)


@pytest.mark.parametrize(
    ("error", "paying", "refunding_it"),
    [
        ((429, {"code": "rate_limit"}), NotSent, NotSent),
        ((409, {"code": "idempotency_key_in_use"}), Unknown, Unknown),
        ((400, {"type": "idempotency_error"}), Unknown, Unknown),
        ((401, {}), NotSent, NotSent),
        ((403, {}), NotSent, NotSent),
        ((404, {"code": "resource_missing"}), Unknown, Unknown),
        ((400, {}), NotSent, Declined),
        ((400, {"code": "amount_too_small"}), NotSent, Declined),
        ((400, {"code": "charge_already_refunded"}), Unknown, Declined),
        ((402, {"type": "card_error", "code": "card_declined"}), Unknown, Unknown),
        ((400, {"code": "unheard_of"}), Unknown, Unknown),
    ],
)
def test_an_error_means_what_its_table_says(
    side: StripeSide,
    account: Any,
    error: tuple[int, dict[str, str]],
    paying: type,
    refunding_it: type,
) -> None:
    status, shown = error
    reply = side.error(status, **shown)
    answered = outcome(side, account, PLUGIN.methods[Method.PC], order(Method.PC), reply)
    assert isinstance(answered, paying)
    assert isinstance(outcome(side, account, PLUGIN.refund, refunding(), reply), refunding_it)
    assert isinstance(outcome(side, account, PLUGIN.query, trade(), reply), Unknown)


# ── statements ──

DAY = StatementRequest(date(2026, 1, 31), "trade")


def movement(kind: str, amount: int, source: Any, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"txn_{kind}", "object": "balance_transaction", "amount": amount, "fee": 0,
        "currency": "cny", "created": int(NOW.timestamp()), "source": source, "type": kind,
    } | changed  # fmt: skip


def read(side: StripeSide, account: Any, *rows: Any, has_more: bool = False) -> Any:
    answer = Answer(200, side.listed(*rows, has_more=has_more), MOMENT)
    return statements.read(answer, DAY, account)


def test_a_day_is_beijings_and_told_a_hundred_at_a_time(side: StripeSide, account: Any) -> None:
    call = statements.call(DAY, account)
    begin = datetime(2026, 1, 30, 16, tzinfo=UTC)
    assert call.query["created[gte]"] == str(int(begin.timestamp()))
    assert call.query["created[lt]"] == str(int(begin.timestamp()) + 86_400)
    paid = movement("charge", 1299, side.charge(PAYMENT_NO), fee=39)
    page = read(side, account, paid, has_more=True)
    assert isinstance(page, StatementPage)
    assert page.after == "txn_charge"
    on = statements.call(StatementRequest(DAY.day, "trade", page.after), account)
    assert on.query["starting_after"] == "txn_charge"


def test_movements_name_our_numbers(side: StripeSide, account: Any) -> None:
    shown = read(
        side,
        account,
        movement("charge", 1299, side.charge(PAYMENT_NO), fee=39),
        movement("refund", -500, side.refund(REFUND_NO, PAYMENT_NO)),
        movement("adjustment", -1299, "dp_1", fee=1500),
        movement("payout", -700, "po_1"),
    )
    assert isinstance(shown, Statement)
    assert [(row.kind, row.amount, row.fee) for row in shown.rows] == [
        ("payment", Money(1299, "CNY"), 39),
        ("refund", Money(-500, "CNY"), 0),
        ("other", Money(-1299, "CNY"), 1500),
        ("other", Money(-700, "CNY"), 0),
    ]
    paid, back = shown.rows[:2]
    assert (paid.payment_no, paid.channel_no) == (PAYMENT_NO, INTENT_ID)
    assert (back.refund_no, back.payment_no) == (REFUND_NO, PAYMENT_NO)


def test_what_is_settled_in_another_currency_is_told_in_the_payers(
    side: StripeSide, account: Any
) -> None:
    charged = side.charge(PAYMENT_NO, 1000, currency="jpy")
    [row] = read(side, account, movement("charge", 4700, charged, fee=140)).rows
    assert (row.amount, row.fee) == (Money(1000, "JPY"), 0)


def test_a_movement_that_cannot_be_read_is_set_aside(side: StripeSide, account: Any) -> None:
    rows = read(side, account, movement("charge", 1, None), 7, movement("payout", -1, "po")).rows
    assert [row.kind for row in rows] == ["unreadable", "unreadable", "other"]


@pytest.mark.parametrize(
    ("kind", "read_as"), [("charge_reserve", "unreadable"), ("refund_failure", "other")]
)
def test_a_movement_of_ours_of_an_unknown_kind_is_set_aside(
    side: StripeSide, account: Any, kind: str, read_as: str
) -> None:
    """But for what webhooks tell of."""
    [row] = read(side, account, movement(kind, 1299, side.charge(PAYMENT_NO))).rows
    assert row.kind == read_as


# ── the credentials ──


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("secret_key", "pk_test_51" + "a" * 40, "publishable"),
        ("secret_key", "sk_test_", "begin with"),
        ("publishable_key", "pk_live_51" + "a" * 40, "another mode"),
        ("webhook_secret", "sk_test_51" + "a" * 40, "whsec_"),
        ("account_id", "1PgafTB1WZ2YqpXk", "acct_"),
    ],
)
def test_a_credential_that_cannot_be_is_refused_in_its_field(
    side: StripeSide, field: str, value: str, words: str
) -> None:
    with pytest.raises(BadCredentials) as refused:
        open_account(PLUGIN, side.credentials() | {field: value}, "any")
    [fault] = refused.value.faults
    assert fault.pointer == f"/{field}"
    assert words in fault.message


def test_a_webhook_may_be_added_later(side: StripeSide) -> None:
    account = opened(side, webhook_secret=None)
    assert account.webhook_secrets == ()


@pytest.mark.parametrize(
    ("number", "ok", "field"),
    [(ACCOUNT_ID, True, None), ("acct_1Somebodyelse", False, "account_id")],
)
def test_the_trial_asks_whose_key_it_is(
    side: StripeSide, account: Any, number: str, ok: bool, field: str | None
) -> None:
    reply = side.answer({"object": "account", "id": number})
    tried = PLUGIN.trial(reply, trial.call(account), account, MOMENT)
    assert (tried.ok, tried.field) == (ok, field)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_to_blame(side: StripeSide, account: Any, status: int) -> None:
    tried = PLUGIN.trial(side.error(status), trial.call(account), account, MOMENT)
    assert (tried.ok, tried.field) == (False, "secret_key")
