"""The public `stripe` package as a client of the sandbox, and as a second opinion on signatures."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from contracts.identifiers import new_id
from gateway.channels.plugin import Moment, RawNotification, Unverifiable
from gateway.channels.registry import PLUGINS
from gateway.channels.stripe.wire import check_signature

from .conftest import Merchant, RunningSandbox

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET, OTHER = "whsec_" + "a1" * 16, "whsec_" + "b2" * 16
BODY = json.dumps({"id": "evt_1", "object": "event", "amount": 1299}, indent=2).encode()


@pytest.fixture
def known(credentials: dict[str, dict[str, str]]) -> dict[str, str]:
    return credentials["stripe"]


@pytest.fixture
def client(known: dict[str, str]) -> stripe.StripeClient:
    return stripe.StripeClient(
        known["secret_key"],
        base_addresses={"api": known["base_url"]},
        max_network_retries=0,
    )


def session_of(payment_no: str, url: str = "", amount: int = 1299, currency: str = "usd") -> Any:
    metadata = {"payment_no": payment_no, "notify_url": url}
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": amount,
                    "product_data": {"name": "物业费 11月"},
                },
            }
        ],
        "success_url": "https://app.example/back?s={CHECKOUT_SESSION_ID}",
        "client_reference_id": payment_no,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
    }


def keyed(key: str) -> Any:
    return {"idempotency_key": key}


def test_a_session_is_made_once_by_its_key_told_and_expired(client: stripe.StripeClient) -> None:
    sessions, payment_no = client.v1.checkout.sessions, new_id("payment")
    wanted: Any = session_of(payment_no)
    made = sessions.create(wanted, keyed(payment_no))
    again = sessions.create(wanted, keyed(payment_no))
    assert made.id == again.id
    assert made.url
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        sessions.create(session_of(payment_no, amount=1300), keyed(payment_no))
    assert sessions.retrieve(made.id).payment_intent is None
    assert sessions.expire(made.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        sessions.expire(made.id)


def test_a_paid_session_leads_to_its_charge_refunds_and_movements(
    client: stripe.StripeClient, sandbox: RunningSandbox
) -> None:
    payment_no, refund_no = new_id("payment"), new_id("refund")
    wanted: Any = session_of(payment_no)
    made = client.v1.checkout.sessions.create(wanted, keyed(payment_no))
    sandbox.pay(payment_no)
    paid = client.v1.checkout.sessions.retrieve(
        made.id, {"expand": ["payment_intent.latest_charge"]}
    )
    assert (paid.status, paid.payment_status, paid.amount_total) == ("complete", "paid", 1299)
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    intent = paid.payment_intent
    assert isinstance(intent.latest_charge, stripe.Charge)
    back: Any = {
        "payment_intent": intent.id,
        "amount": 500,
        "reason": "requested_by_customer",
        "metadata": {"refund_no": refund_no, "payment_no": payment_no},
    }
    refund = client.v1.refunds.create(back, keyed(refund_no))
    assert client.v1.refunds.create(back, keyed(refund_no)).id == refund.id
    listed = client.v1.refunds.list({"payment_intent": intent.id})
    assert [each.id for each in listed.data] == [refund.id]
    shown = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert isinstance(shown.latest_charge, stripe.Charge)
    assert shown.latest_charge.amount_refunded == 500
    moved = [
        each
        for each in client.v1.balance_transactions.list(
            {"limit": 1, "expand": ["data.source"], "created": {"gte": int(time.time()) - 60}}
        ).auto_paging_iter()
        if getattr(each.source, "payment_intent", None) == intent.id
    ]
    assert sorted(each.amount for each in moved) == [-500, 1299]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 800})


def test_a_refusal_is_repeated_to_its_key_and_not_to_another(
    client: stripe.StripeClient, sandbox: RunningSandbox
) -> None:
    payment_no, refund_no = new_id("payment"), new_id("refund")
    client.v1.checkout.sessions.create(session_of(payment_no), keyed(payment_no))
    sandbox.pay(payment_no, notify=False)
    intent = sandbox.trade(payment_no)["channel_trade_no"]
    back: Any = {"payment_intent": intent, "amount": 500, "metadata": {"refund_no": refund_no}}
    sandbox.fault("stripe", "refund", "no_balance", payment_no=payment_no, times=1)
    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create(back, keyed(refund_no))
        assert refused.value.code == "balance_insufficient"
        assert refused.value.headers is not None
        assert refused.value.headers.get("Idempotent-Replayed") == replayed
    made = client.v1.refunds.create(back, keyed(f"{refund_no}-0-1"))
    assert (made.payment_intent, made.amount) == (intent, 500)


def test_a_payment_intent_is_made_and_cancelled(client: stripe.StripeClient) -> None:
    payment_no = new_id("payment")
    intents = client.v1.payment_intents
    made = intents.create(
        {
            "amount": 1000,
            "currency": "jpy",
            "automatic_payment_methods": {"enabled": True},
            "metadata": {"payment_no": payment_no},
        },
        keyed(payment_no),
    )
    assert made.client_secret
    assert intents.cancel(made.id, {"cancellation_reason": "abandoned"}).status == "canceled"


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"currency": "kwd", "amount": 1005}, "must end in 0"),
        ({"currency": "isk", "amount": 1050}, "must end in 00"),
        ({"currency": "xyz"}, "Invalid currency"),
        ({"amount": 0}, "at least 1"),
    ],
)
def test_what_stripe_does_not_take_is_refused(
    client: stripe.StripeClient, wanted: dict[str, Any], error: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=error):
        client.v1.checkout.sessions.create(session_of(new_id("payment"), **wanted))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("rate_limited", stripe.RateLimitError),
        ("status_500", stripe.APIError),
        ("drop_answer", stripe.APIConnectionError),
    ],
)
def test_trouble_is_told_as_stripe_tells_it(
    client: stripe.StripeClient,
    sandbox: RunningSandbox,
    fault: str,
    error: type[stripe.StripeError],
) -> None:
    payment_no = new_id("payment")
    sandbox.fault("stripe", "pay", fault, payment_no=payment_no, times=1)
    with pytest.raises(error):
        client.v1.checkout.sessions.create(session_of(payment_no), keyed(payment_no))


def test_another_key_is_refused(known: dict[str, str]) -> None:
    stranger = stripe.StripeClient(
        "sk_test_51wrong", base_addresses={"api": known["base_url"]}, max_network_retries=0
    )
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance_transactions.list()


def test_the_sdk_takes_what_the_sandbox_sends_and_so_do_we(
    client: stripe.StripeClient,
    known: dict[str, str],
    merchant: Merchant,
    sandbox: RunningSandbox,
) -> None:
    """Sent twice, because the first was not taken: each attempt is signed anew."""
    payment_no = new_id("payment")
    merchant.answers.append((500, b""))
    client.v1.checkout.sessions.create(session_of(payment_no, merchant.url), keyed(payment_no))
    sandbox.pay(payment_no)
    plugin = PLUGINS["stripe"]
    account = plugin.open_account(plugin.credentials.model_validate(known))
    for _ in range(2):
        received = merchant.next_notification()
        header = received.headers["Stripe-Signature"]
        event = stripe.Webhook.construct_event(received.body, header, known["webhook_secret"])
        assert event.type == "checkout.session.completed"
        raw = RawNotification({"stripe-signature": header}, received.body)
        [outcome] = plugin.notifications.read(raw, account, Moment(datetime.now(UTC), ""))
        assert outcome.payment_no == payment_no


def header(secret: str = SECRET, at: int = AT, body: bytes = BODY) -> str:
    made: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return made


HEADERS: dict[str, Callable[[], str]] = {
    "good": header,
    "two signatures": lambda: f"{header(OTHER)},{header().split(',')[1]}",
    "another scheme beside it": lambda: f"{header()},v0={'0' * 64}",
    "spaces": lambda: header().replace(",", ", "),
    "only another scheme": lambda: header().replace("v1=", "v0="),
    "another secret": lambda: header(OTHER),
    "another body": lambda: header(body=BODY + b" "),
    "at the edge": lambda: header(at=AT - 300),
    "too old": lambda: header(at=AT - 301),
    "another time than signed": lambda: header().replace(str(AT), str(AT + 1)),
    "no time": lambda: header().split(",")[1],
    "no signature": lambda: header().split(",")[0],
    "a time that is none": lambda: header().replace(f"t={AT}", "t=now"),
    "nothing": lambda: "",
    "no pairs": lambda: "t,v1",
    "upper case": lambda: header().upper().replace("T=", "t=").replace("V1=", "v1="),
    "not ASCII": lambda: f"{header().split(',')[0]},v1=\u00e9",
}


@pytest.mark.parametrize("name", HEADERS)
def test_our_verifier_and_the_sdks_are_of_one_mind(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe._webhook.time.time", NOW.timestamp)
    shown = HEADERS[name]()
    assert is_taken(shown, NOW) == is_taken_by_the_sdk(shown)


def test_what_is_signed_in_the_future_only_the_sdk_takes() -> None:
    """Ours looks both ways, as for every channel whose signatures have a time."""
    assert is_taken(header(at=AT + 300), NOW)
    assert not is_taken(header(at=AT + 301), NOW)


def is_taken(shown: str, now: datetime) -> bool:
    plugin = PLUGINS["stripe"]
    given = {
        "account_id": "acct_1PgafTB1WZ2YqpXk",
        "secret_key": "sk_test_51" + "a" * 40,
        "webhook_secret": SECRET,
    }
    account = plugin.open_account(plugin.credentials.model_validate(given))
    raw = RawNotification({"stripe-signature": shown}, BODY)
    try:
        check_signature(raw, account, Moment(now, ""))
    except Unverifiable:
        return False
    return True


def is_taken_by_the_sdk(shown: str) -> bool:
    try:
        stripe.Webhook.construct_event(BODY, shown, SECRET)
    except (stripe.SignatureVerificationError, TypeError):  # of what is not ASCII
        return False
    return True
