"""Each route of the public API meets each kind of caller; a new route needs a row in `ROUTES`."""

import itertools
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from tests.unit.gateway.client import application
from tests.unit.gateway.harness import (
    NOW,
    SECRET,
    Harness,
    harness,
    order_summary,
    payment_view,
    splitting_plugin,
)
from tests.unit.gateway.test_api import REFUND
from tests.unit.gateway.test_day_statements import STATEMENT
from tests.unit.gateway.test_payment_links import LINK, LINK_REQUEST
from tests.unit.gateway.test_routing import REQUEST
from tests.unit.gateway.test_splits import SPLIT

from chassis.problems import NotFound
from contracts import signing
from contracts.api import (
    EventItem,
    EventPage,
    OrderPage,
    OrderView,
    PaymentPage,
    RefundPage,
    SplitPage,
)
from contracts.events.configuration import KeyAlgorithm
from contracts.internal import (
    DeliveryPage,
    DeliveryView,
    EndpointPage,
    EndpointView,
    OpenedLink,
    OpenedPayment,
    OpenedRefund,
    OpenedSplit,
    PaymentOnFile,
)
from gateway.api.signed_calls import AppRoute
from gateway.directory import App, ChannelAccount, Key

P: Final = payment_view().payment_no
TAKEN: Final = {"merchant_id": "M1", "payment_no": P}
REFUNDED: Final = {**TAKEN, "payment_id": "C1", "merchant_refund_no": "T1", "amount": 1}
SPLIT_UP: Final = {
    **TAKEN,
    "merchant_split_no": "F1",
    "receivers": [{"account": "a", "amount": 1, "description": "d"}],
    "finish": False,
}

ROUTES: Final[dict[str, tuple[str, dict[str, Any] | None]]] = {
    "POST /v1/payments": ("/v1/payments", REQUEST),
    "GET /v1/payments/{payment_no}": (f"/v1/payments/{P}", None),
    "GET /v1/orders/{merchant_order_no}": ("/v1/orders/W1?merchant_id=M1", None),
    "POST /v1/orders/{merchant_order_no}/close": ("/v1/orders/W1/close", {"merchant_id": "M1"}),
    "POST /v1/refunds": ("/v1/refunds", REFUNDED),
    "GET /v1/refunds/{refund_no}": ("/v1/refunds/R1", None),
    "POST /v1/splits": ("/v1/splits", SPLIT_UP),
    "GET /v1/splits/{split_no}": ("/v1/splits/S1", None),
    "POST /v1/payment-links": ("/v1/payment-links", LINK_REQUEST),
    "GET /v1/payment-links/{link_id}": (f"/v1/payment-links/{LINK.link_id}", None),
    "DELETE /v1/payment-links/{link_id}": (f"/v1/payment-links/{LINK.link_id}", None),
    "GET /v1/payments": ("/v1/payments?merchant_id=M1", None),
    "GET /v1/statements/{date}": ("/v1/statements/2026-01-05?merchant_id=M1", None),
    "GET /v1/capabilities": ("/v1/capabilities?merchant_id=M1", None),
    "GET /v1/orders": ("/v1/orders?merchant_id=M1", None),
    "GET /v1/refunds": ("/v1/refunds?merchant_id=M1", None),
    "GET /v1/splits": ("/v1/splits?merchant_id=M1", None),
    "POST /v1/events/{event_id}/redeliver": ("/v1/events/E1/redeliver", None),
    "GET /v1/events": ("/v1/events", None),
    "GET /v1/deliveries": ("/v1/deliveries", None),
    "POST /v1/webhook-endpoints/test": ("/v1/webhook-endpoints/test", None),
    "GET /v1/webhook-endpoints": ("/v1/webhook-endpoints", None),
    "POST /v1/webhook-endpoints/{endpoint_id}/resume": ("/v1/webhook-endpoints/L1/resume", None),
}

OF_THE_APP: Final = {
    "GET /v1/events",
    "GET /v1/deliveries",
    "POST /v1/webhook-endpoints/test",
    "GET /v1/webhook-endpoints",
    "POST /v1/webhook-endpoints/{endpoint_id}/resume",
}
"""What is about no merchant: an app that has lost one is answered, without that merchant."""

BY_NUMBERS: Final = {
    "GET /v1/refunds": ("/v1/refunds?merchant_id=M1&merchant_refund_no=T1", None),
    "GET /v1/splits": ("/v1/splits?merchant_id=M1&merchant_split_no=F1", None),
}
"""The same routes with another question."""

DELIVERY: Final = DeliveryView(
    delivery_id="D1",
    event_id="E1",
    type="payment.succeeded",
    url="https://app.example",
    state="delivered",
    created_at=NOW,
    next_attempt_at=None,
    attempts=[],
)
ENDPOINT: Final = EndpointView(
    endpoint_id="L1",
    app_id="A1",
    address="https://app.example",
    suspended_at=None,
    suspended_for=None,
    failing_since=None,
    held_until=None,
    pending=0,
    oldest_due_at=None,
)
ORDER: Final = OrderView(**dict(order_summary()), payments=[payment_view()], refunds=[REFUND])
ON_FILE: Final = PaymentOnFile(**dict(payment_view()), order=order_summary())
EVENT: Final = EventItem(id="E1", type="payment.succeeded", timestamp=NOW, data=payment_view())

Answer = Callable[[Any], BaseModel]


def of_a1(answer: BaseModel) -> Answer:
    """As trade-core and notifier do: what is not the app's is not there."""

    def answered(asked: Any) -> BaseModel:
        given = asked if isinstance(asked, dict) else dict(asked)
        if given["app_id"] != "A1":
            raise NotFound("There is no such thing.")
        if "M1" not in given.get("merchant_ids", "M1"):
            raise NotFound("There is no such thing.")
        return answer

    return answered


def here() -> Harness:
    """Apps A1, which has the merchant M1, and A2, which has another one; both with their keys."""
    core = {
        ("POST", "/internal/payments"): OpenedPayment(
            created=True, payment=payment_view(), order=order_summary()
        ),
        ("GET", f"/internal/payments/{P}"): ON_FILE,
        ("GET", "/internal/orders/W1"): ORDER,
        ("POST", "/internal/orders/W1/close"): ORDER,
        ("POST", "/internal/refunds"): OpenedRefund(created=True, refund=REFUND),
        ("GET", "/internal/refunds"): REFUND,
        ("GET", "/internal/refunds/R1"): REFUND,
        ("POST", "/internal/splits"): OpenedSplit(created=True, split=SPLIT),
        ("GET", "/internal/splits"): SPLIT,
        ("GET", "/internal/splits/S1"): SPLIT,
        ("POST", "/internal/payment-links"): OpenedLink(created=True, link=LINK),
        ("GET", f"/internal/payment-links/{LINK.link_id}"): LINK,
        ("POST", f"/internal/payment-links/{LINK.link_id}/disable"): LINK,
        ("POST", "/internal/lists/payments"): PaymentPage(items=[], next_cursor=None),
        ("POST", "/internal/lists/orders"): OrderPage(items=[], next_cursor=None),
        ("POST", "/internal/lists/refunds"): RefundPage(items=[], next_cursor=None),
        ("POST", "/internal/lists/splits"): SplitPage(items=[], next_cursor=None),
        ("GET", "/internal/day-statements/2026-01-05"): STATEMENT,
        ("GET", "/internal/events"): EventPage(items=[EVENT], next_cursor=None),
    }
    post_office = {
        ("POST", "/internal/events/E1/redeliver"): DELIVERY,
        ("GET", "/internal/deliveries"): DeliveryPage(items=[DELIVERY], next_cursor=None),
        ("POST", "/internal/pings"): DELIVERY,
        ("GET", "/internal/endpoints"): EndpointPage(items=[ENDPOINT], next_cursor=None),
        ("POST", "/internal/endpoints/L1/resume"): ENDPOINT,
    }
    made = harness(
        trade_core={call: of_a1(answer) for call, answer in core.items()},
        notifier={call: of_a1(answer) for call, answer in post_office.items()},
    )
    made.directory.put(ChannelAccount("C1", "M1", True, splitting_plugin(), "C1's key"))
    made.directory.put(App("A2", True, frozenset({"M2"}), 15, ()))
    made.directory.put(Key("K2", "A2", KeyAlgorithm.HMAC_SHA256, signing.hmac_key("of A2")))
    return made


# ── kinds of callers ──────────────────────────────────────────────────────────────────────────

NONCES = itertools.count()


def signed(method: str, target: str, body: bytes, /, **changes: Any) -> dict[str, str]:
    members: dict[str, Any] = {
        "alg": KeyAlgorithm.HMAC_SHA256,
        "app_id": "A1",
        "key_id": "K1",
        "method": method,
        "target": target,
        "timestamp": int(time.time()),
        "nonce": f"n{next(NONCES)}",
        "body": body,
        **changes,
    }
    signer = members.pop("signer", signing.hmac_key(SECRET))
    return {"Authorization": signing.authorization(signer, **members)}


def loses_its_merchant(of: Harness) -> None:
    of.directory.put(App("A1", True, frozenset({"M2"}), 15, ()))


def is_disabled(of: Harness) -> None:
    of.directory.put(App("A1", False, frozenset({"M1"}), 15, ()))


def loses_its_key(of: Harness) -> None:
    of.directory.remove("K1")


CERTIFIED: Final = Ed25519PrivateKey.generate()


def has_a_certificate_of_last_year(of: Harness) -> None:
    verifier = signing.Ed25519Verifier(CERTIFIED.public_key())
    ended = time.time() - 1
    of.directory.put(Key("K1", "A1", KeyAlgorithm.ED25519, verifier, (0, ended)))


CERTIFICATE: Final[dict[str, Any]] = {
    "alg": KeyAlgorithm.ED25519,
    "signer": signing.Ed25519Signer(CERTIFIED),
}
OTHER: Final[dict[str, Any]] = {"app_id": "A2", "key_id": "K2", "signer": signing.hmac_key("of A2")}

UNKNOWN: Final[dict[str, tuple[Callable[[Harness], None] | None, dict[str, Any]]]] = {
    "another secret": (None, {"signer": signing.hmac_key("wrong")}),
    "a key of another app": (None, {"key_id": "K2", "signer": signing.hmac_key("of A2")}),
    "an unknown app": (None, {"app_id": "A9"}),
    "an unknown key": (None, {"key_id": "K9"}),
    "a signature of yesterday": (None, {"timestamp": int(time.time()) - 86_400}),
    "a signature of another call": (None, {"target": "/v1/other"}),
    "a signature of another body": (None, {"body": b"{}{}"}),
    "a disabled app": (is_disabled, {}),
    "a deleted key": (loses_its_key, {}),
    "an expired certificate": (has_a_certificate_of_last_year, CERTIFICATE),
}


async def ask(
    made: Harness, route: str, *, row: tuple[str, Any] | None = None, is_signed: bool = True,
    **changes: Any,
) -> httpx.Response:  # fmt: skip
    target, content = row or ROUTES[route]
    method, body = route.split(" ")[0], b"" if content is None else orjson.dumps(content)
    headers = signed(method, target, body, **changes) if is_signed else {}
    transport = httpx.ASGITransport(application(made), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        return await http.request(
            method, target, content=body, headers={**headers, "Content-Type": "application/json"}
        )


# ── the matrix ────────────────────────────────────────────────────────────────────────────────


def test_every_route_for_apps_has_its_row() -> None:
    routes = [
        (context.original_route, context.path)
        for context in iter_route_contexts(application(here()).routes)
    ]
    for_apps = {
        f"{method} {path}"
        for route, path in routes
        if isinstance(route, AppRoute)
        for method in route.methods or ()
    }
    open_ones = {path for route, path in routes if not isinstance(route, AppRoute)}
    assert for_apps == ROUTES.keys()
    assert open_ones == {
        "/webhooks/{channel}/{payment_id}",
        "/openapi.json",
        "/docs",
        "/docs/{name}",
    }
    assert all(isinstance(route, APIRoute) for route, _ in routes)


@pytest.mark.parametrize("route", ROUTES)
async def test_the_right_caller_is_served(route: str) -> None:
    assert (await ask(here(), route)).is_success


@pytest.mark.parametrize("route", ROUTES)
async def test_who_signs_nothing_is_refused(route: str) -> None:
    answer = await ask(here(), route, is_signed=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize("route", ROUTES)
async def test_who_cannot_prove_who_it_is_is_refused(route: str, kind: str) -> None:
    before, changes = UNKNOWN[kind]
    made = here()
    if before is not None:
        before(made)
    answer = await ask(made, route, **changes)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert made.trade_core.asked == made.notifier.asked == []


@pytest.mark.parametrize("route", sorted(ROUTES.keys() - OF_THE_APP))
async def test_another_app_finds_nothing_of_it(route: str) -> None:
    made = here()
    answer = await ask(made, route, **OTHER)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("route", sorted(ROUTES.keys() - OF_THE_APP))
async def test_an_app_whose_merchant_was_taken_away_finds_nothing_at_once(route: str) -> None:
    made = here()
    assert (await ask(made, route)).is_success
    loses_its_merchant(made)
    answer = await ask(made, route)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("route", BY_NUMBERS)
async def test_its_numbers_open_nothing_either(route: str) -> None:
    made = here()
    assert (await ask(made, route, row=BY_NUMBERS[route])).is_success
    loses_its_merchant(made)
    assert (await ask(made, route, row=BY_NUMBERS[route])).status_code == 404


@pytest.mark.parametrize("route", sorted(OF_THE_APP))
async def test_what_is_the_apps_own_goes_on_without_the_merchant(route: str) -> None:
    made = here()
    loses_its_merchant(made)
    answer = await ask(made, route)
    assert answer.is_success
    assert "M1" not in answer.text


async def test_a_request_that_comes_again_is_refused() -> None:
    made = here()
    nonce = f"n{next(NONCES)}"
    app = application(made)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        for target in ("/v1/webhook-endpoints/test", "/v1/events/E1/redeliver"):
            headers = signed("POST", target, b"", nonce=f"{nonce}{target}")
            statuses = [(await http.post(target, headers=headers)).status_code for _ in range(2)]
            assert statuses == [202, 401]
