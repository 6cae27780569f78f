"""The public API at its edge: the order of the checks, and problems that point to the fault."""

import asyncio
import gc
import re
import weakref
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.contract.test_openapi import document
from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import (
    FakeTransport,
    HangingTransport,
    Harness,
    harness,
    order_summary,
    payment_view,
    reply,
)
from tests.unit.gateway.test_routing import REQUEST

from contracts.api import (
    EventPage,
    PaymentPage,
    PaymentStatus,
    PaymentWithOrder,
    RefundCause,
    RefundStatus,
    RefundView,
)
from contracts.internal import OpenedPayment, OpenedRefund
from gateway.calling.transport import Broken
from gateway.directory import Directory

NO = payment_view().payment_no
REFUND = RefundView(
    refund_no="R1",
    merchant_refund_no="T1",
    payment_no=NO,
    merchant_order_no="W1",
    channel_trade_no="T1",
    channel_refund_no=None,
    merchant_id="M1",
    payment_id="C1",
    amount=1,
    currency="CNY",
    status=RefundStatus.PROCESSING,
    reason=None,
    cause=RefundCause.REQUESTED,
    created_at=payment_view().created_at,
    refunded_at=None,
    failure=None,
)


def gateway(*, created: bool = True, transport: FakeTransport | None = None) -> Harness:
    return harness(
        transport=transport,
        trade_core={
            ("POST", "/internal/payments"): lambda _: OpenedPayment(
                created=created, payment=payment_view(), order=order_summary()
            ),
            ("GET", f"/internal/payments/{NO}"): lambda _: PaymentWithOrder(
                **dict(payment_view()), order=order_summary()
            ),
            ("POST", "/internal/refunds"): lambda _: OpenedRefund(created=created, refund=REFUND),
            ("GET", "/internal/refunds"): lambda _: REFUND,
            ("POST", "/internal/lists/payments"): lambda _: PaymentPage(
                items=[payment_view()], next_cursor=None
            ),
            ("GET", "/internal/events"): lambda _: EventPage(items=[], next_cursor=None),
        },
    )


async def test_a_payment_is_created() -> None:
    async with client_of(application(gateway())) as client:
        answer = await client.post("/v1/payments", REQUEST)
    assert answer.status_code == 201
    assert answer.json()["action"] == {"type": "qr_code", "qr_code": "qr"}
    assert answer.json()["created_at"].endswith("Z")
    assert answer.headers["x-request-id"]


async def test_a_replay_is_told_as_one() -> None:
    async with client_of(application(gateway(created=False))) as client:
        payment = await client.post("/v1/payments", REQUEST)
        refund = await client.post(
            "/v1/refunds",
            {
                "merchant_id": "M1",
                "payment_id": "C1",
                "payment_no": NO,
                "merchant_refund_no": "T1",
                "amount": 1,
            },
        )
    for answer in (payment, refund):
        assert answer.status_code == 200
        assert answer.headers["idempotent-replayed"] == "true"
    assert payment.json()["status"] == PaymentStatus.INITIATING


async def test_an_unknown_initiation_is_a_problem_with_the_payment() -> None:
    async with client_of(application(gateway(transport=FakeTransport([Broken("x")])))) as client:
        answer = await client.post("/v1/payments", REQUEST)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (504, "unknown", False)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["payment"]["payment_no"], problem["payment"]["status"]) == (NO, "unknown")
    assert problem["request_id"] == answer.headers["x-request-id"]


BROKEN_BODIES: list[tuple[Any, int, str, list[str]]] = [
    (b"", 422, "invalid_request", []),
    (b"{", 422, "invalid_request", []),
    (b"[]", 422, "invalid_request", []),
    (b'{"amount": 1, "amount": 2}', 422, "invalid_request", []),
    (b'{"amount": NaN}', 422, "invalid_request", []),
    (b'"\xff"', 422, "invalid_request", []),
    (b'{"subject": "\\ud800"}', 422, "invalid_request", ["/subject"]),
    (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 422, "invalid_request", []),
    (b'{"a": "' + b"x" * 65_536 + b'"}', 413, "body_too_large", []),
    ({**REQUEST, "amount": 12.99}, 422, "invalid_request", ["/amount"]),
    ({**REQUEST, "amount": 1299.0}, 422, "invalid_request", ["/amount"]),
    ({**REQUEST, "amount": "1299"}, 422, "invalid_request", ["/amount"]),
    ({**REQUEST, "colour": "red"}, 422, "invalid_request", ["/colour"]),
    ({**REQUEST, "payer": {"nick": "x"}}, 422, "invalid_request", ["/payer/nick"]),
    ({**REQUEST, "metadata": {"a~/b": []}, "amount": 0}, 422, "invalid_request", ["/amount"]),
    ({**REQUEST, "method": "jsapi"}, 422, "invalid_request", ["/payer/openid"]),
    ({**REQUEST, "method": "h5"}, 422, "method_not_supported", ["/method"]),
    ({**REQUEST, "merchant_id": "M9"}, 404, "not_found", []),
    ({**REQUEST, "payment_id": "C9"}, 404, "not_found", []),
]


@pytest.mark.parametrize(("body", "status", "code", "pointers"), BROKEN_BODIES)
async def test_a_wrong_body_is_a_problem_and_stores_nothing(
    body: Any, status: int, code: str, pointers: list[str]
) -> None:
    paying = gateway()
    async with client_of(application(paying)) as client:
        answer = await client.post("/v1/payments", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert paying.trade_core.asked == []


async def test_the_checks_come_in_their_order() -> None:
    big, broken = b"x" * 65_537, b"{"
    text = {"Content-Type": "text/plain"}
    nobody = {"Authorization": "Bearer x"}
    async with client_of(application(gateway())) as client:
        answers = [
            await client.post("/v1/payments", big, headers=nobody),
            await client.post("/v1/payments", broken, headers={**nobody, **text}),
            await client.post("/v1/payments", broken, headers=text),
            await client.post("/v1/payments", broken),
        ]
    assert [answer.status_code for answer in answers] == [413, 401, 415, 422]


async def test_every_wrong_signature_gets_one_and_the_same_answer() -> None:
    async with client_of(application(gateway())) as client:
        good = (await client.get("/v1/events")).request.headers["authorization"]
        headers: list[dict[str, Any]] = [
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer x"},
            {"Authorization": good},
            {"Authorization": good.replace("A1", "A2")},
            {"Authorization": good.replace("K1", "K2")},
            {"Authorization": good.replace("HMAC-SHA256", "ED25519")},
            {"Authorization": good.replace('signature="', 'signature="AAAA')},
            {"Authorization": good.encode() + b"\xfc"},
        ]
        seen = set()
        for given in headers:
            answer = await client.plain.get("/v1/events", headers=given)
            problem = answer.json()
            problem.pop("request_id")
            seen.add((answer.status_code, str(problem), answer.headers["content-type"]))
    assert len(seen) == 1
    assert seen.pop()[0] == 401


async def test_the_target_is_signed_as_it_stands_on_the_wire() -> None:
    paying = gateway()
    async with client_of(application(paying)) as client:
        target = "/v1/refunds?merchant_id=M1&merchant_refund_no=T%2D1&unknown=%20"
        assert (await client.get(target)).status_code == 200
    (_, _, params) = paying.trade_core.asked[0]
    assert params == {"app_id": "A1", "merchant_id": "M1", "merchant_refund_no": "T-1"}


async def test_the_newest_events_are_asked_for_instead_of_a_page() -> None:
    asking = gateway()
    async with client_of(application(asking)) as client:
        assert (await client.get("/v1/events?last=3")).status_code == 200
        wrong = [
            await client.get(f"/v1/events?{q}") for q in ("last=0", "last=101", "last=1&after=x")
        ]
    (_, _, params) = asking.trade_core.asked[-1]
    assert (params["last"], params["after"]) == (3, None)
    assert [each.json()["errors"][0]["pointer"] for each in wrong] == ["/last"] * 3


async def test_past_the_limit_in_flight_is_503_at_once() -> None:
    transport = HangingTransport(reply({"pay": "qr"}))
    async with client_of(application(gateway(transport=transport), in_flight=4)) as client:
        running = [asyncio.ensure_future(client.post("/v1/payments", REQUEST)) for _ in range(2)]
        for _ in running:
            await transport.arrived.get()
        refused = await client.post("/v1/payments", REQUEST)
        transport.released.set()
        assert [answer.status_code for answer in await asyncio.gather(*running)] == [201, 201]
        assert (await client.get("/v1/events")).status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "unready", [{"is_configured": lambda: False}, {"directory": Directory()}],
    ids=["starting", "empty"],
)  # fmt: skip
async def test_before_the_configuration_is_read_nobody_is_unknown(
    unready: dict[str, Any],
) -> None:
    starting = gateway()
    starting.deps = replace(starting.deps, **unready)
    async with client_of(application(starting)) as client:
        answers = [
            await client.plain.get("/v1/events"),
            await client.plain.post("/webhooks/fake/C9", content=b"{}"),
        ]
    assert [answer.status_code for answer in answers] == [503, 503]


async def test_an_answered_request_does_not_wait_for_the_garbage_collector() -> None:
    app, kept = application(gateway()), list[weakref.ref[Receive]]()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def watched_receive() -> Message:
            return await receive()

        kept.append(weakref.ref(watched_receive))
        await app(scope, watched_receive, send)

    gc.disable()
    try:
        async with client_of(watched) as client:
            assert (await client.post("/v1/payments", REQUEST)).status_code == 201
        assert [reference() for reference in kept] == [None]
    finally:
        gc.enable()


async def test_an_app_over_its_rate_is_told_when_to_come_again() -> None:
    async with client_of(application(gateway(), per_s=2)) as client:
        answers = [await client.get("/v1/events") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/events?limit=0", 422),
        ("/v1/events?limit=101", 422),
        ("/v1/events?limit=x", 422),
        (f"/v1/events?after={'x' * 300}", 422),
        ("/v1/orders/W1", 422),
        ("/v1/capabilities", 422),
        ("/v1/capabilities?merchant_id=M1", 200),
        ("/v1/capabilities?merchant_id=M-other", 404),
        ("/v1/payments?limit=101", 422),
        ("/v1/payments?status=paid", 422),
        ("/v1/payments?channel=%00", 422),
        ("/v1/payments?channel=foo", 422),
        ("/v1/payments?channel=sandbox", 200),
        ("/v1/payments?channel=wechat", 200),
        ("/v1/orders?channel=WECHAT", 422),
        ("/v1/refunds?channel=wechat%20", 422),
        ("/v1/splits?channel=foo", 422),
        ("/v1/payments?payment_no=P%00", 422),
        ("/v1/orders?merchant_order_no=%00%FF", 422),
        ("/v1/refunds?merchant_refund_no=a%00b", 422),
        ("/v1/splits?channel_trade_no=%00", 422),
        ("/v1/orders?created_from=2026-11-22T00:00:00", 422),
        ("/v1/orders?created_from=9999-12-31T23:59:59-23:59", 422),
        ("/v1/splits?created_to=0001-01-01T00:00:00%2B14:00", 422),
        ("/v1/refunds?paid_from=-1", 422),
        ("/v1/payments?paid_to=1764374400", 422),
        ("/v1/refunds?order=newest", 422),
        ("/v1/splits?merchant_id=M-other", 404),
        ("/v1/refunds?merchant_id=M-other", 404),
        ("/v1/payments?merchant_id=M1&status=&colour=red", 200),
        ("/v1/payments?payment_no=&channel_trade_no=&merchant_order_no=&channel=", 200),
        ("/v1/payments?merchant_id=&created_from=&paid_to=&after=&status=", 200),
        (f"/v1/orders?payment_no={'x' * 129}", 422),
        ("/v1/events?limit=100&colour=red", 200),
        ("/v1/payments?colour=red&colour=blue", 200),
        ("/v1/payments?status=closed&status=closed", 200),
        ("/v1/payments?status=closed&status=", 422),
        (f"/v1/payments/{NO}", 200),
        ("/v1/nothing", 404),
    ],
)
async def test_queries(target: str, status: int) -> None:
    async with client_of(application(gateway())) as client:
        answer = await client.get(target)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/v1/payments?status=closed&status=failed", "status"),
        ("/v1/refunds?merchant_refund_no=1&merchant_refund_no=2", "merchant_refund_no"),
        ("/v1/orders/W1?merchant_id=M-other&merchant_id=M1", "merchant_id"),
        ("/v1/deliveries?state=pending&colour=red&state=delivered", "state"),
        ("/v1/events?limit=5&limit=50", "limit"),
        ("/v1/statements/2026-11-02?merchant_id=M1&currency=CNY&currency=USD", "currency"),
        ("/v1/capabilities?merchant_id=M1&merchant_id=M2", "merchant_id"),
    ],
)
async def test_of_two_values_of_a_parameter_neither_wins(target: str, name: str) -> None:
    async with client_of(application(gateway())) as client:
        answer = await client.get(target)
        unsigned = await client.plain.get(target)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "invalid_request")
    assert [each["pointer"] for each in body["errors"]] == [f"/{name}"]
    assert unsigned.status_code == 401


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b'{"url":"https://app.example","x":1}', ["/url", "/x"]),
        (b"[]", []),
        (b"null", []),
        (b"x=1", []),
    ],
)
async def test_what_is_sent_with_a_call_that_takes_nothing_is_refused(
    body: bytes, pointers: list[str]
) -> None:
    """Whoever named another address was answered that the ping had gone there."""
    writing = [
        (method, re.sub(r"\{.*?\}", "X1", path))
        for path, calls in document()["paths"].items()
        for method, call in calls.items()
        if method in ("post", "delete") and "requestBody" not in call
    ]
    assert len(writing) == 4
    async with client_of(application(gateway())) as client:
        for method, path in writing:
            refused = await client.send(method.upper(), path, body)
            assert refused.status_code == 422, path
            assert [each["pointer"] for each in refused.json()["errors"]] == pointers
