"""A callback counts only where the centre signed it: as a function, and in every framework."""

import base64
import hmac
import json
import time
from typing import Annotated, Any
from urllib.parse import urlencode

import django
import httpx
import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from fastapi import Depends, FastAPI
from tests.unit.sdk.prepared_centre import NO, event

from contracts import webhooks
from paymesh import Event, NotAuthentic, NotReadable, Verifier, verify, verify_return
from paymesh.callbacks import sign
from paymesh.frameworks import asgi, wsgi
from paymesh.frameworks.django import callback as django_callback
from paymesh.frameworks.fastapi import callback as fastapi_callback

SECRET, OTHER = webhooks.new_secret(), webhooks.new_secret()


def body(**changes: Any) -> bytes:
    received = event(1, **changes)
    del received["id"]
    return json.dumps(received, ensure_ascii=False).encode()


def signed(content: bytes, secret: str = SECRET, *, age_s: int = 0) -> dict[str, str]:
    """As the notifier signs it."""
    return webhooks.sign(
        [webhooks.secret_bytes(secret)],
        webhook_id="E1",
        timestamp_s=int(time.time()) - age_s,
        body=content,
    )


def test_a_callback_of_the_centre_is_a_typed_event() -> None:
    content = body()
    received = verify(signed(content), content, SECRET)
    assert (received.id, received.type) == ("E1", "payment.succeeded")
    assert received.payment is not None
    assert (received.payment.payment_no, received.refund, received.split) == (NO, None, None)


def test_a_ping_and_an_event_of_a_later_release_are_events_too() -> None:
    for kind in ("ping", "moon.rose"):
        content = body(type=kind, data={"hello": "world"})
        received = verify(signed(content), content, SECRET)
        assert (received.type, received.data) == (kind, {"hello": "world"})


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        (signed(body(), OTHER), body()),
        (signed(body(), age_s=301), body()),
        (signed(body(), age_s=-86_400), body()),
        (signed(body()), body() + b" "),
        ({**signed(body()), "webhook-id": "E2"}, body()),
        ({**signed(body()), "webhook-timestamp": "yesterday"}, body()),
        ({}, body()),
        (signed(b"no json"), b"no json"),
    ],
)
def test_what_is_not_the_centres_is_refused(headers: dict[str, str], content: bytes) -> None:
    with pytest.raises(NotAuthentic):
        verify(headers, content, SECRET)


@pytest.mark.parametrize("content", [b"[]", b'{"type": "ping"}'])
def test_what_the_centre_signed_is_never_called_a_forgery(content: bytes) -> None:
    with pytest.raises(NotReadable):
        verify(signed(content), content, SECRET)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("payment.moved", {"payment_no": NO, "to": "C2"}),
        ("refund.scheduled", {"at": "2027-01-01T00:00:00Z"}),
    ],
)
def test_an_event_that_says_something_else_of_a_payment_is_an_event_too(
    kind: str, data: dict[str, str]
) -> None:
    content = body(type=kind, data=data)
    received = verify(signed(content), content, SECRET)
    assert (received.type, received.data, received.payment) == (kind, data, None)


def test_during_a_rotation_either_secret_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMESH_WEBHOOK_SECRET", f"{OTHER},{SECRET}")
    content = body()
    for secret in (SECRET, OTHER):
        assert verify(signed(content, secret), content).id == "E1"


def test_without_a_secret_nothing_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYMESH_WEBHOOK_SECRET", raising=False)
    short = "whsec_" + base64.b64encode(b"x" * 23).decode()
    wrong = [None, [], "", "whsec_", [SECRET, "whsec_"], short, "whsec_not base64!"]
    for secret in wrong:
        with pytest.raises(ValueError, match="secret"):
            Verifier.of(secret)
        with pytest.raises(ValueError, match="secret"):
            verify_return(return_url(), secret)
    assert SECRET not in repr(Verifier.of(SECRET))


def test_what_is_handed_on_is_signed_as_the_centre_does() -> None:
    content = body()
    stamp = int(time.time())
    ours = sign(SECRET, webhook_id="E1", timestamp_s=stamp, body=content)
    keys = [webhooks.secret_bytes(SECRET)]
    assert ours == webhooks.sign(keys, webhook_id="E1", timestamp_s=stamp, body=content)


def return_url(**changes: str) -> str:
    received = {
        "merchant_order_no": "W:1",
        "payment_no": NO,
        "status": "succeeded",
        "timestamp": "17",
    }
    text = "".join(f"{value}\n" for value in received.values()).encode()
    digest = hmac.digest(webhooks.secret_bytes(SECRET), text, "sha256")
    query = {"room": "3", **received, "signature": base64.b64encode(digest).decode(), **changes}
    return f"https://shop.example/back?{urlencode(query)}"


def test_the_way_back_is_verified_too() -> None:
    came = verify_return(return_url(), SECRET)
    assert (came.merchant_order_no, came.payment_no, came.status) == ("W:1", NO, "succeeded")
    assert verify_return(return_url().partition("?")[2], [OTHER, SECRET]) == came
    for url in (return_url(status="failed"), return_url(signature=""), "https://shop.example/back"):
        with pytest.raises(NotAuthentic):
            verify_return(url, SECRET)


class Receiver:
    """What an app did about the events that were handed to it."""

    def __init__(self) -> None:
        self.received: list[str] = []

    def deal(self, received: Event) -> None:
        self.received.append(received.id)

    async def deal_later(self, received: Event) -> None:
        self.received.append(received.id)


def asgi_shop(shop: Receiver) -> httpx.BaseTransport | httpx.AsyncBaseTransport:
    return httpx.ASGITransport(asgi.callback_app(shop.deal_later, SECRET))


def wsgi_shop(shop: Receiver) -> httpx.BaseTransport | httpx.AsyncBaseTransport:
    return httpx.WSGITransport(wsgi.callback_app(shop.deal, SECRET))


def fastapi_shop(shop: Receiver) -> httpx.BaseTransport | httpx.AsyncBaseTransport:
    app = FastAPI()
    verified = fastapi_callback(SECRET)

    @app.post("/callbacks")
    async def received(event: Annotated[Event, Depends(verified)]) -> str:
        shop.deal(event)
        return "success"

    return httpx.ASGITransport(app)


async def answers(
    transport: httpx.BaseTransport | httpx.AsyncBaseTransport, requests: list[httpx.Request]
) -> list[int]:
    if isinstance(transport, httpx.AsyncBaseTransport):
        async with httpx.AsyncClient(transport=transport) as client:
            return [(await client.send(request)).status_code for request in requests]
    assert isinstance(transport, httpx.BaseTransport)
    with httpx.Client(transport=transport) as client:
        return [client.send(request).status_code for request in requests]


def sent() -> list[httpx.Request]:
    content, large = body(), body(data={"text": "x" * 132_000}, type="ping")
    url = "http://shop.example/callbacks"
    return [
        httpx.Request("POST", url, content=content, headers=signed(content)),
        httpx.Request("POST", url, content=content, headers=signed(content, OTHER)),
        httpx.Request("POST", url, content=large, headers=signed(large)),
        httpx.Request("GET", url),
    ]


@pytest.mark.parametrize("make", [asgi_shop, wsgi_shop, fastapi_shop])
async def test_every_framework_hands_on_only_what_is_authentic(make: Any) -> None:
    shop = Receiver()
    assert await answers(make(shop), sent()) == [200, 401, 413, 405]
    assert shop.received == ["E1"]


def test_django_hands_on_only_what_is_authentic() -> None:
    if not django_settings.configured:
        django_settings.configure(ALLOWED_HOSTS=["*"], DEBUG=False)
        django.setup(set_prefix=False)
    shop = Receiver()

    @django_callback(SECRET)
    def view(request: HttpRequest, received: Event) -> HttpResponse | None:
        shop.deal(received)
        return None

    statuses = [
        view(
            RequestFactory().generic(
                each.method,
                "/callbacks",
                each.content,
                headers={k: v for k, v in each.headers.items() if k.startswith("webhook")},
            )
        ).status_code
        for each in sent()
    ]
    assert statuses == [200, 401, 413, 405]
    assert shop.received == ["E1"]
    assert getattr(view, "csrf_exempt", False)


@pytest.mark.parametrize("stranger", ["v2,a,b", "v1", "v1,é", "v1,a", "", "v1a,AAAA"])
def test_a_malformed_signature_beside_a_good_one_is_passed_over(stranger: str) -> None:
    content = body()
    headers = signed(content)
    headers["webhook-signature"] = f"{stranger} {headers['webhook-signature']}"
    assert verify(headers, content, SECRET).id == "E1"
