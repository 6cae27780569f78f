"""Why did it not arrive, send it again, send a ping: the internal HTTP of the notifier."""

import base64
import hmac
import json
from dataclasses import replace

import httpx
import pytest
from tests.integration.notifier.app_server import AppServer, one_after_the_other, says
from tests.integration.notifier.harness import NEVER, SECRET, Harness, app, new_delivery

from contracts import webhooks
from contracts.identifiers import new_id
from contracts.internal import DeliveryPage, DeliveryView, EndpointPage, Redeliver


async def test_without_a_token_nothing_is_told(http: httpx.AsyncClient) -> None:
    for method, path in [
        ("GET", "/internal/deliveries?app_id=A1"),
        ("POST", "/internal/events/E1/redeliver?app_id=A1"),
        ("POST", "/internal/pings"),
    ]:
        answer = await http.request(method, path, headers={"authorization": "Bearer other"})
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"


async def test_way_back_is_signed_with_the_newest_secret(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    harness.apps.put(app("A9", None))
    shown = {
        "app_id": "A9", "merchant_order_no": "W1", "payment_no": "P1", "status": "succeeded",
        "timestamp": 1795899196,
    }  # fmt: skip
    answer = await http.post("/internal/way-back/sign", json=shown)
    text = b"W1\nP1\nsucceeded\n1795899196\n"
    mac = hmac.digest(webhooks.secret_bytes(SECRET), text, "sha256")
    assert answer.json() == {"signature": base64.b64encode(mac).decode()}
    unknown = await http.post("/internal/way-back/sign", json={**shown, "app_id": "A-unknown"})
    assert unknown.json() == {"signature": None}


async def test_list_shows_why_it_did_not_arrive(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    server.answers["/callback"] = says(500, "no room")
    event = new_delivery()
    await harness.add(event)
    async with harness.running():
        await harness.tried(event)

    page = await listed(http, app_id="A1", event_id=event.event_id)

    (item,) = page.items
    assert (item.event_id, item.type, item.state) == (event.event_id, event.type, "pending")
    assert item.url == f"{server.url}/callback"
    assert item.next_attempt_at is not None
    (attempt,) = item.attempts
    assert (attempt.status, attempt.error, attempt.answer) == (500, "bad_status", None)
    assert page.next_cursor is None


async def test_list_goes_page_by_page_newest_first(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    events = [new_delivery() for _ in range(7)]
    await harness.add(*events)
    await harness.add(new_delivery("A2"))
    seen: list[DeliveryView] = []
    after = None
    while True:
        page = await listed(http, app_id="A1", limit="3", **({"after": after} if after else {}))
        seen += page.items
        after = page.next_cursor
        if after is None:
            break

    assert [one.event_id for one in seen] == [event.event_id for event in reversed(events)]


async def test_list_by_state(harness: Harness, server: AppServer, http: httpx.AsyncClient) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2))
    arrived = new_delivery()
    await harness.add(arrived)
    async with harness.running():
        await harness.settled(arrived)
    waiting, lost = new_delivery(), new_delivery()
    await harness.add(waiting, lost)
    await harness.value(
        """with lost as (select delivery_id, day, app_id from delivery where event_id = $1),
                kept as (insert into exhausted select * from lost)
           delete from due using lost where due.delivery_id = lost.delivery_id returning 1""",
        lost.event_id,
    )

    for state, event in [("delivered", arrived), ("pending", waiting), ("exhausted", lost)]:
        page = await listed(http, app_id="A1", state=state)
        assert [one.event_id for one in page.items] == [event.event_id]
        page = await listed(http, app_id="A1", state=state, event_id=event.event_id)
        assert len(page.items) == 1
        page = await listed(http, app_id="A1", state=state, event_id="E-other")
        assert page.items == []


@pytest.mark.parametrize(
    "query", ["after=x", "after=D", "after=D1e3", "after=D%D9%A3", "limit=0", "limit=101",
              "state=lost"]
)  # fmt: skip
async def test_malformed_list_parameters_are_422(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/internal/deliveries?app_id=A1&{query}")

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/internal/deliveries?app_id=A1&event_id=%00"),
        ("POST", "/internal/events/E%00/redeliver?app_id=A1"),
        ("POST", "/internal/endpoints/L%00/resume?app_id=A1"),
    ],
)
async def test_nothing_is_known_by_a_name_that_no_text_can_hold(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_redelivery_of_what_was_exhausted(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    server.answers["/callback"] = one_after_the_other(says(404), says(200))
    event = new_delivery()
    harness.schedule = type(NEVER)(spread=NEVER.spread, delays_s=())
    await harness.add(event)

    async with harness.running():
        await harness.settled(event, state="exhausted")
        answer = await http.post(f"/internal/events/{event.event_id}/redeliver?app_id=A1")
        await harness.settled(event)

    assert answer.status_code == 202
    assert DeliveryView.model_validate(answer.json()).state == "pending"
    assert [one.event_id for one in server.received] == [event.event_id] * 2
    assert [one["status"] for one in await harness.attempts(event)] == [404, 200]


async def test_redelivery_of_what_had_arrived_sends_it_once_more(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    event = new_delivery()
    await harness.add(event)
    async with harness.running():
        await harness.settled(event)
        await http.post(f"/internal/events/{event.event_id}/redeliver?app_id=A1")
        await harness.tried(event, times=2)
        await harness.settled(event)

    assert len(server.received) == 2


async def test_redelivery_does_not_wait_for_the_schedule(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    server.answers["/callback"] = one_after_the_other(says(500), says(200))
    event = new_delivery()
    await harness.add(event)
    async with harness.running():
        await harness.tried(event)
        await http.post(f"/internal/events/{event.event_id}/redeliver?app_id=A1")
        await harness.settled(event)

    assert await harness.value("select count(*) from due") == 0


async def test_event_of_another_app_is_not_found(harness: Harness, http: httpx.AsyncClient) -> None:
    event = new_delivery("A2")
    await harness.add(event)

    for event_id in (event.event_id, "E-unknown"):
        answer = await http.post(f"/internal/events/{event_id}/redeliver?app_id=A1")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


async def test_ping_reaches_the_apps_own_address(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    async with harness.running():
        answer = await http.post("/internal/pings", json={"app_id": "A1"})
        got = await server.next()

    assert answer.status_code == 202
    view = DeliveryView.model_validate(answer.json())
    assert (view.type, view.event_id) == ("ping", got.event_id)
    body = json.loads(got.body)
    assert (body["type"], body["data"]) == ("ping", {"app_id": "A1"})


async def test_ping_without_an_address_or_an_app(harness: Harness, http: httpx.AsyncClient) -> None:
    harness.apps.put(app("A9", None))

    no_address = await http.post("/internal/pings", json={"app_id": "A9"})
    no_app = await http.post("/internal/pings", json={"app_id": "A-unknown"})

    assert (no_address.status_code, no_address.json()["code"]) == (422, "invalid_request")
    assert (no_app.status_code, no_app.json()["code"]) == (404, "not_found")


async def test_addresses_tell_since_when_something_waits(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    server.answers["/callback"] = says(500)
    tried, other = new_delivery(), new_delivery(notify_url="http://127.0.0.1:9999/other")
    await harness.add(tried, other, new_delivery("A2"))
    async with harness.running():
        await harness.tried(tried)
        await harness.tried(other)

    answer = await http.get("/internal/endpoints", params={"app_id": "A1"})

    own, given = EndpointPage.model_validate(answer.json()).items
    assert (own.address, given.address) == (f"{server.url}/callback", "127.0.0.1:9999")
    assert (own.pending, given.pending) == (1, 1)
    due = await harness.value(
        "select min(due_at) from due where lane_id = $1", int(own.endpoint_id[1:])
    )
    assert own.oldest_due_at == due


async def test_an_app_resumes_only_its_own_addresses(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    server.answers["/callback"] = says(410)
    event = new_delivery()
    await harness.add(event)
    async with harness.running():
        await harness.tried(event)
    answer = await http.get("/internal/endpoints", params={"suspended": "true"})
    (endpoint,) = EndpointPage.model_validate(answer.json()).items
    path = f"/internal/endpoints/{endpoint.endpoint_id}/resume"

    foreign = await http.post(path, params={"app_id": "A2"})
    unknown = await http.post("/internal/endpoints/L99/resume", params={"app_id": "A1"})
    malformed = await http.post("/internal/endpoints/7/resume", params={"app_id": "A1"})
    own = await http.post(path, params={"app_id": "A1"})

    assert [one.status_code for one in (foreign, unknown, malformed, own)] == [404, 404, 404, 200]
    assert endpoint.suspended_for == "gone"
    assert own.json()["suspended_at"] is None


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://app.example/callback", 204),
        ("http://127.0.0.1:8080/", 204),  # these tests allow loopback
        ("https://10.0.0.1/", 422),
        ("https://[::ffff:169.254.169.254]/", 422),
        ("https://0x7f.1/", 422),
        ("https://user@app.example/", 422),
        ("gopher://app.example/", 422),
        ("https://app.example:0/", 422),
    ],
)
async def test_address_is_checked_before_it_is_registered(
    http: httpx.AsyncClient, url: str, status: int
) -> None:
    answer = await http.post("/internal/callback-addresses/check", json={"url": url})

    assert answer.status_code == status
    if status == 422:
        (fault,) = answer.json()["errors"]
        assert fault["pointer"] == "/url"
        assert "Errno" not in fault["message"]


async def test_a_delivery_is_told_with_the_three_numbers(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    numbers = {"merchant_order_no": "W1", "payment_no": "P1", "channel_trade_no": "4200"}
    shown = {"type": "refund.succeeded", "data": {"merchant_id": "M1", **numbers}}
    await harness.add(new_delivery(body=json.dumps(shown).encode()))
    await harness.add(new_delivery(body=b'{"type":"ping","data":{}}'))
    ping, about = (await listed(http, app_id="A1")).items
    assert about.model_dump(include=set(numbers)) == numbers
    assert set(ping.model_dump(include=set(numbers)).values()) == {None}


async def listed(http: httpx.AsyncClient, **query: str) -> DeliveryPage:
    answer = await http.get("/internal/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return DeliveryPage.model_validate(answer.json())


async def test_what_is_about_a_merchant_taken_away_is_not_sent_again(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2))
    body = b'{"type":"payment.succeeded","data":{"merchant_id":"M1"}}'
    event = replace(new_delivery(), body=body)
    await harness.add(event)
    path = f"/internal/events/{event.event_id}/redeliver"

    async def status(merchant_ids: list[str]) -> int:
        asked = Redeliver(merchant_ids=merchant_ids).model_dump(mode="json")
        return (await http.post(path, params={"app_id": "A1"}, json=asked)).status_code

    statuses = [await status(given) for given in (["M1"], ["M0", "M1"], ["M2"], [])]
    assert statuses == [202, 202, 404, 404]
    many = [new_id("merchant") for _ in range(2_000)]
    assert [await status(many), await status([*many, "M1"])] == [404, 202]


async def test_a_gateway_of_the_release_before_names_the_merchants_in_the_address(
    harness: Harness, server: AppServer, http: httpx.AsyncClient
) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2))
    body = b'{"type":"payment.succeeded","data":{"merchant_id":"M1"}}'
    event = replace(new_delivery(), body=body)
    await harness.add(event)
    path = f"/internal/events/{event.event_id}/redeliver"

    statuses = [
        (await http.post(path, params={"app_id": "A1", "merchant_ids": given})).status_code
        for given in ("M0,M1", "M2")
    ]

    assert statuses == [202, 404]
