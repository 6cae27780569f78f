"""What an app sees of its callbacks, and does about them: asked of the notifier, for itself."""

from unittest.mock import ANY

import pytest
from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import Harness, harness, payment_view

from contracts.internal import DeliveryPage, DeliveryView, EndpointPage, EndpointView

DELIVERY = DeliveryView(
    delivery_id="D1",
    event_id="E1",
    type="ping",
    url="https://app.example",
    state="pending",
    created_at=payment_view().created_at,
    next_attempt_at=None,
    attempts=[],
)
ENDPOINT = EndpointView(
    endpoint_id="L1",
    app_id="A1",
    address="https://app.example",
    suspended_at=payment_view().created_at,
    suspended_for="gone",
    failing_since=None,
    held_until=None,
    pending=3,
    oldest_due_at=payment_view().created_at,
)


def about(merchant_id: str | None) -> DeliveryView:
    return DELIVERY.model_copy(update={"merchant_id": merchant_id})


def gateway() -> Harness:
    return harness(
        notifier={
            ("POST", "/internal/events/E1/redeliver"): lambda _: DELIVERY,
            ("POST", "/internal/pings"): lambda _: DELIVERY,
            ("GET", "/internal/deliveries"): lambda _: DeliveryPage(
                items=[about(None), about("M1"), about("M-taken")], next_cursor="D1"
            ),
            ("GET", "/internal/endpoints"): lambda _: EndpointPage(
                items=[ENDPOINT], next_cursor=None
            ),
            ("POST", "/internal/endpoints/L1/resume"): lambda _: ENDPOINT,
        },
    )


async def test_callbacks_are_sent_again_and_tried() -> None:
    async with client_of(application(gateway())) as client:
        answers = [
            await client.post("/v1/events/E1/redeliver"),
            await client.post("/v1/webhook-endpoints/test"),
        ]
    assert [answer.status_code for answer in answers] == [202, 202]


async def test_an_app_sees_and_resumes_its_own_addresses() -> None:
    here = gateway()
    async with client_of(application(here)) as client:
        listed = await client.get("/v1/webhook-endpoints?suspended=true&limit=10")
        resumed = await client.post("/v1/webhook-endpoints/L1/resume")
    assert (listed.status_code, resumed.status_code) == (200, 200)
    (item,) = listed.json()["items"]
    assert (item["endpoint_id"], item["suspended_for"], item["pending"]) == ("L1", "gone", 3)
    assert here.notifier.asked == [
        (
            "GET",
            "/internal/endpoints",
            {"app_id": "A1", "suspended": "true", "after": None, "limit": 10},
        ),
        ("POST", "/internal/endpoints/L1/resume", {"app_id": "A1", "signed_as": ANY}),
    ]


async def test_callbacks_of_a_merchant_taken_away_are_not_listed() -> None:
    async with client_of(application(gateway())) as client:
        page = (await client.get("/v1/deliveries")).json()
    assert [item["merchant_id"] for item in page["items"]] == [None, "M1"]
    assert page["next_cursor"] == "D1"


async def test_what_is_done_goes_with_the_name_of_the_signed_request() -> None:
    here = gateway()
    targets = ("/v1/events/E1/redeliver", "/v1/webhook-endpoints/test")
    async with client_of(application(here)) as client:
        for target in (*targets, "/v1/webhook-endpoints/L1/resume"):
            await client.post(target)
    names = [
        str(given["signed_as"] if isinstance(given, dict) else given.signed_as)
        for _, _, given in here.notifier.asked
    ]
    assert len(set(names)) == 3
    assert all(name.startswith("K1 ") for name in names)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/deliveries?limit=-1", 422),
        ("/v1/deliveries?state=pending", 200),
        ("/v1/deliveries?state=%00", 422),
        ("/v1/deliveries?event_id=E%00", 422),
        ("/v1/deliveries?after=%00", 422),
        ("/v1/events?after=%00", 422),
        ("/v1/webhook-endpoints?after=%00", 422),
        ("/v1/webhook-endpoints?suspended=perhaps", 422),
        ("/v1/webhook-endpoints?limit=0", 422),
    ],
)
async def test_queries(target: str, status: int) -> None:
    async with client_of(application(gateway())) as client:
        answer = await client.get(target)
    assert answer.status_code == status, answer.text


async def test_what_is_given_empty_does_not_filter() -> None:
    here = gateway()
    async with client_of(application(here)) as client:
        deliveries = await client.get("/v1/deliveries?event_id=&state=&after=")
        endpoints = await client.get("/v1/webhook-endpoints?suspended=&after=")
    assert (deliveries.status_code, endpoints.status_code) == (200, 200)
    no_filters = {"app_id": "A1", "after": None, "limit": 50}
    assert [given for _, _, given in here.notifier.asked] == [
        {**no_filters, "event_id": None, "state": None},
        {**no_filters, "suspended": None},
    ]
