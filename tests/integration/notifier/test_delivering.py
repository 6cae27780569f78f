"""A callback arrives, signed, under the same id on every try, until the app has taken it."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook
from tests.integration.notifier.app_server import AppServer, one_after_the_other, says
from tests.integration.notifier.harness import AT_ONCE, SECRET, Harness, app, new_delivery, until

from contracts import topics, webhooks
from contracts.events.configuration import CallbackAck
from contracts.events.deliveries import CallbackNumbers, DeliveryEventRecord
from notifier.domain.schedule import Schedule
from notifier.flows import deliveries

SECOND_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


async def test_signature_is_verified_by_the_public_package(
    harness: Harness, server: AppServer
) -> None:
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        got = await server.next()
        await harness.settled(event)

    assert Webhook(SECRET).verify(got.body, got.headers) == {"type": "payment.succeeded"}
    assert got.event_id == event.event_id
    assert got.body == event.body
    assert got.path == "/callback"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("Paymesh-Notifier/")


async def test_during_a_rotation_both_secrets_verify(harness: Harness, server: AppServer) -> None:
    keys = (webhooks.secret_bytes(SECOND_SECRET), webhooks.secret_bytes(SECRET))
    harness.apps.put(app("A1", f"{server.url}/callback", version=2, keys=keys))
    await harness.add(new_delivery())

    async with harness.running():
        got = await server.next()

    for secret in (SECRET, SECOND_SECRET):
        Webhook(secret).verify(got.body, got.headers)


async def test_address_of_the_call_wins_over_the_apps_own(
    harness: Harness, server: AppServer
) -> None:
    await harness.add(new_delivery(notify_url=f"{server.url}/of-the-call"))

    async with harness.running():
        assert (await server.next()).path == "/of-the-call"


async def test_what_was_told_while_running_is_sent_at_once(
    harness: Harness, server: AppServer
) -> None:
    async with harness.running() as deps:
        for _ in range(3):
            event = new_delivery()
            await harness.add(event)
            deps.wake_up.set()
            assert (await server.next()).event_id == event.event_id


async def test_failed_try_is_repeated_under_the_same_id(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = one_after_the_other(says(500, "boom"), says(503), says(204))
    harness.schedule = AT_ONCE
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        tries = [await server.next() for _ in range(3)]
        await harness.settled(event)

    assert {one.event_id for one in tries} == {event.event_id}
    assert {one.body for one in tries} == {event.body}
    attempts = await harness.attempts(event)
    assert [attempt["status"] for attempt in attempts] == [500, 503, 204]
    assert [attempt["error"] for attempt in attempts] == ["bad_status", "bad_status", None]
    assert attempts[0]["answer"] == "boom"
    assert attempts[0]["latency_ms"] >= 0


async def test_after_the_last_try_it_is_exhausted_and_kept(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = says(404)
    harness.schedule = Schedule(spread=lambda: 0.0, delays_s=(0.0, 0.0))
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await harness.settled(event, state="exhausted")

    assert len(server.received) == 3
    assert await harness.value("select count(*) from due") == 0
    assert await harness.value("select in_flight from lane") == 0


async def test_next_try_waits_for_the_schedule(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(500)
    harness.schedule = Schedule(spread=lambda: 1.0)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    due_at = await harness.value("select due_at from due")
    assert timedelta(seconds=6) <= due_at - attempt["started_at"] < timedelta(seconds=30)


async def test_retry_after_is_honoured(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(503, Retry_After="1800")
    harness.schedule = Schedule(spread=lambda: 0.0)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    due_at = await harness.value("select due_at from due")
    waits = due_at - attempt["started_at"]
    assert timedelta(seconds=1800) <= waits < timedelta(seconds=1900)


async def test_redirect_is_not_followed(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(302, Location="/elsewhere")
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert (attempt["status"], attempt["error"]) == (302, "redirect_not_followed")
    assert [one.path for one in server.received] == ["/callback"]


@pytest.mark.parametrize(
    ("status", "text", "taken"),
    [(200, "success", True), (200, "SUCCESS\r\n", True), (200, "ok", False), (200, "", False),
     (204, "", False), (500, "success", False)],
)  # fmt: skip
async def test_app_may_ask_for_the_word_success(
    harness: Harness, server: AppServer, status: int, text: str, taken: bool
) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2, ack=CallbackAck.SUCCESS))
    server.answers["/callback"] = says(status, text)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await harness.tried(event)

    assert await harness.state(event) == ("delivered" if taken else "pending")


async def test_same_event_twice_is_one_delivery(harness: Harness, server: AppServer) -> None:
    event, marker = new_delivery(), new_delivery()
    await harness.add(event, event)
    await harness.add(event)

    async with harness.running() as deps:
        await harness.settled(event)
        await harness.add(event, marker)
        deps.wake_up.set()
        await harness.settled(marker)

    assert [one.event_id for one in server.received] == [event.event_id, marker.event_id]


async def test_fate_of_a_delivery_is_published_with_it(harness: Harness, server: AppServer) -> None:
    event = new_delivery(type="refund.succeeded")
    await harness.add(event)

    async with harness.running():
        await harness.settled(event)

    async with harness.db.connection() as tx:
        (row,) = await tx.fetch("select * from event_log join event_pending using (id)")
    record = DeliveryEventRecord.model_validate_json(row["payload"])
    assert (row["topic"], row["key"]) == (topics.DELIVERY_EVENTS, event.event_id)
    assert record.type == "delivery.delivered"
    assert record.data.event_id == event.event_id
    assert record.data.event_type == "refund.succeeded"
    assert record.data.attempts == 1
    assert record.data.last_status == 200
    assert record.data.url == f"{server.url}/callback"


async def test_every_attempt_is_published_with_its_numbers_from_the_first_failure_on(
    harness: Harness, server: AppServer
) -> None:
    harness.schedule = AT_ONCE
    server.answers["/callback"] = one_after_the_other(says(500), says(200))
    about = {"merchant_id": "M1", "merchant_order_no": "W1", "payment_no": "P1", "refund_no": "R1"}
    body = json.dumps({"type": "refund.succeeded", "data": {**about, "amount": 1}}).encode()
    event = new_delivery(type="refund.succeeded", body=body)
    await harness.add(event)

    async with harness.running():
        await harness.settled(event)

    async with harness.db.connection() as tx:
        rows = await tx.fetch("select payload from event_log order by id")
    failed, delivered = [DeliveryEventRecord.model_validate_json(row["payload"]) for row in rows]
    assert (failed.type, delivered.type) == ("delivery.failed", "delivery.delivered")
    for record, status, error in ((failed, 500, "bad_status"), (delivered, 200, None)):
        assert record.data.numbers == CallbackNumbers(**about)
        attempt = record.data.attempt
        assert attempt is not None
        assert (attempt.status, attempt.error) == (status, error)
    assert (failed.data.attempts, delivered.data.attempts) == (1, 2)


async def test_answer_is_kept_as_text_of_at_most_a_kilobyte(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = says(500, "bad\x00" + "物" * 2000)
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        (attempt,) = await harness.tried(event)

    assert attempt["answer"].startswith("bad\N{REPLACEMENT CHARACTER}物物")
    assert len(attempt["answer"].encode()) <= 1024 + 8


@pytest.mark.parametrize("is_known", [False, True])
async def test_what_cannot_be_addressed_waits_for_the_configuration(
    harness: Harness, server: AppServer, is_known: bool
) -> None:
    if is_known:
        harness.apps.put(app("A2", None))
    event, marker = new_delivery("A2"), new_delivery("A1")
    await harness.add(event, marker)

    async with harness.running():
        await harness.settled(marker)
        assert await harness.state(event) == "pending"
        harness.apps.put(app("A2", f"{server.url}/at-last", version=2))
        await harness.settled(event)

    assert [one.path for one in server.received] == ["/callback", "/at-last"]
    assert len(await harness.attempts(event)) == 1


async def test_disabled_app_is_told_when_it_is_enabled(harness: Harness, server: AppServer) -> None:
    harness.apps.put(app("A1", f"{server.url}/callback", version=2, is_active=False))
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        await _until_held(harness)
        assert server.received == []
        harness.apps.put(app("A1", f"{server.url}/callback", version=3))
        await harness.settled(event)


async def test_body_is_the_bytes_that_were_stored(harness: Harness, server: AppServer) -> None:
    body = json.dumps({"subject": "物业费 11月"}, ensure_ascii=False, indent=1).encode()
    await harness.add(new_delivery(body=body))

    async with harness.running():
        assert (await server.next()).body == body


async def _until_held(harness: Harness) -> None:
    async def is_held() -> bool:
        return bool(await harness.value("select held_until is not null from lane"))

    await until(is_held)


async def test_app_may_ask_for_ed25519_and_headers_of_its_own(
    harness: Harness, server: AppServer
) -> None:
    key = webhooks.signing_key(webhooks.secret_bytes(SECRET))
    harness.apps.put(
        app(
            "A1",
            f"{server.url}/callback",
            version=2,
            signing_keys=(key,),
            headers={"X-Tenant": "north"},
        )
    )
    event = new_delivery()
    await harness.add(event)

    async with harness.running():
        got = await server.next()

    Webhook(SECRET).verify(got.body, got.headers)
    hmac_signature, ed25519_signature = got.headers["webhook-signature"].split()
    assert hmac_signature.startswith("v1,")
    public = base64.b64decode(webhooks.public_key(SECRET).removeprefix("whpk_"))
    text = f"{event.event_id}.{got.headers['webhook-timestamp']}.".encode() + event.body
    Ed25519PublicKey.from_public_bytes(public).verify(
        base64.b64decode(ed25519_signature.removeprefix("v1a,")), text
    )
    assert got.headers["x-tenant"] == "north"


async def test_failed_answer_of_a_private_network_is_not_shown(
    harness: Harness, server: AppServer
) -> None:
    server.answers["/callback"] = says(500, "internal wiki")
    event = new_delivery()
    await harness.add(event)

    async with harness.running() as deps:
        (attempt,) = await harness.tried(event)
    page = await deliveries.list_page(
        deps, "A1", event_id=event.event_id, state=None, after=None, limit=1
    )

    assert attempt["private"] is True
    assert page.items[0].attempts[0].status == 500
    assert page.items[0].attempts[0].answer is None
