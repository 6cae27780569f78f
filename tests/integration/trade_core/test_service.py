"""The whole service: HTTP in front, a database below, Kafka beside it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.builders.trade_core import APP, MERCHANT
from tests.integration.trade_core.service import (
    TRACE,
    RunningService,
    new_request,
    open_body,
    running_service,
    until,
)

from chassis.outbox import Days
from contracts import topics
from contracts.events.results import Source, Verdict
from contracts.identifiers import new_id


@pytest.fixture
async def service(
    make_database: Callable[[str], Awaitable[str]], kafka_bootstrap: str
) -> AsyncIterator[RunningService]:
    async with running_service(await make_database("trade_core"), kafka_bootstrap) as service:
        yield service


async def test_payment_close_and_refund_over_http_and_kafka(service: RunningService) -> None:
    payment = await service.open(new_request())
    await service.says(payment, Source.INITIATION, Verdict.PENDING)
    await service.says(payment, Source.NOTICE, Verdict.SUCCEEDED)

    async def is_paid() -> bool:
        return await service.status(payment) == "succeeded"

    await until(is_paid)
    refund = {
        "app_id": APP,
        "wish": {
            "merchant_id": MERCHANT,
            "payment_id": payment["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": new_id("event"),
            "amount": 500,
        },
    }
    first = await service.http.post("/internal/refunds", json=refund)
    again = await service.http.post("/internal/refunds", json=refund)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["refund"] == again.json()["refund"]
    refund_no = first.json()["refund"]["refund_no"]
    assert (await service.http.get(f"/internal/refunds/{refund_no}")).json()[
        "status"
    ] == "processing"
    on_file = (await service.http.get(f"/internal/payments/{payment['payment_no']}")).json()
    assert (on_file["app_id"], on_file["amount_reserved"]) == (APP, 500)

    async def is_delivered() -> bool:
        return len(service.events(payment)) == 5 and service.commands(payment) == ["refund"]

    await until(is_delivered)
    events = service.events(payment)
    assert [event.type for event in events] == [
        "payment.created", "payment.pending", "payment.succeeded", "order.paid", "refund.created"
    ]  # fmt: skip
    assert [event.data.sequence for event in events] == [1, 2, 3, 4, 5]
    assert [event.traceparent for event in events[1:4]] == [TRACE] * 3

    closed = await service.http.post(
        f"/internal/orders/{payment['merchant_order_no']}/close",
        json={"app_id": APP, "merchant_id": MERCHANT},
    )
    assert (closed.status_code, closed.json()["code"]) == (409, "order_paid")


async def test_close_sends_the_command_at_once_and_answers_the_order(
    service: RunningService,
) -> None:
    payment = await service.open(new_request())
    await service.says(payment, Source.INITIATION, Verdict.PENDING)

    async def is_waiting() -> bool:
        return await service.status(payment) == "pending"

    await until(is_waiting)

    async def channel_closes() -> None:
        async def is_asked() -> bool:
            return service.commands(payment) == ["close"]

        await until(is_asked)
        await service.says(payment, Source.CLOSE, Verdict.SUCCEEDED)

    body = {"app_id": APP, "merchant_id": MERCHANT}
    url = f"/internal/orders/{payment['merchant_order_no']}/close"
    answer, _ = await asyncio.gather(service.http.post(url, json=body), channel_closes())
    order = answer.json()
    assert order["status"] == "closed"
    assert [each["payment_no"] for each in order["payments"]] == [payment["payment_no"]]

    async def is_closed() -> bool:
        return await service.status(payment) == "closed"

    await until(is_closed)


async def test_unreadable_record_is_a_dead_letter_and_its_neighbours_are_applied(
    service: RunningService,
) -> None:
    payment = await service.open(new_request())
    await service.publish(payment["payment_no"], b"{ not json")
    await service.says(payment, Source.NOTICE, Verdict.SUCCEEDED)

    async def is_paid() -> bool:
        return await service.status(payment) == "succeeded"

    await until(is_paid)
    async with service.db.connection() as tx:
        dead = await tx.fetch("select * from dead_event where key = $1", payment["payment_no"])
        alerts = await tx.fetchval(
            "select count(*) from event_log where topic = $1 and key = $2",
            topics.ALERTS, f"result.parked:{payment['payment_no']}",
        )  # fmt: skip
    assert [row["value"] for row in dead] == [b"{ not json"]
    assert alerts == 1


async def test_events_are_pulled_in_order_by_an_opaque_cursor(service: RunningService) -> None:
    payments = [await service.open(new_request()) for _ in range(3)]
    for payment in payments:
        await service.says(payment, Source.NOTICE, Verdict.SUCCEEDED)

    async def are_paid() -> bool:
        return all([await service.status(payment) == "succeeded" for payment in payments])

    await until(are_paid)
    seen: dict[str, dict[str, Any]] = {}
    after: dict[str, str] = {}

    async def all_are_seen() -> bool:
        """A page may be empty while other transactions run: then one asks again."""
        params = {"app_id": APP, "limit": "2", **after}
        page = (await service.http.get("/internal/events", params=params)).json()
        assert not {item["id"] for item in page["items"]} & seen.keys()
        seen.update({item["id"]: item for item in page["items"]})
        if page["next_cursor"]:
            after["after"] = page["next_cursor"]
        return len(seen) == len(payments)

    await until(all_are_seen)
    assert {item["type"] for item in seen.values()} == {"payment.succeeded"}
    assert sorted(item["data"]["payment_no"] for item in seen.values()) == sorted(
        payment["payment_no"] for payment in payments
    )
    newest = await service.http.get("/internal/events", params={"app_id": APP, "last": "2"})
    assert newest.json() == {
        "items": list(seen.values())[-2:],
        "next_cursor": after["after"],
    }
    every = await service.http.get("/internal/events", params={"app_id": APP, "last": "100"})
    assert every.json() == {"items": list(seen.values()), "next_cursor": after["after"]}
    none = await service.http.get("/internal/events", params={"app_id": "A-other"})
    assert (await service.http.get("/internal/events?app_id=A-other&last=1")).json() == none.json()
    assert none.json() == {"items": [], "next_cursor": None}
    for cursor in ("x", "ZQ", "ZTk5OTk5OTk5OTk5OTk5OTk5OTk", "\0\ufffd", "é"):
        wrong = await service.http.get("/internal/events", params={"app_id": APP, "after": cursor})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/after")


async def test_cursor_older_than_what_is_kept_is_answered_with_the_oldest(
    service: RunningService,
) -> None:
    first, second = [await service.open(new_request()) for _ in range(2)]
    await service.says(first, Source.NOTICE, Verdict.SUCCEEDED)
    await service.says(second, Source.NOTICE, Verdict.SUCCEEDED)

    async def page(**params: str) -> httpx.Response:
        return await service.http.get("/internal/events", params={"app_id": APP, **params})

    async def both_are_there() -> bool:
        return len((await page()).json()["items"]) == 2

    await until(both_are_there)
    cursor = (await page(limit="1")).json()["next_cursor"]
    async with service.db.transaction() as tx:
        await tx.execute("delete from event_pending")
    await Days(service.db, timedelta(0)).attend(datetime.now(UTC) + timedelta(days=1))

    expired = await page(after=cursor)
    assert (expired.status_code, expired.json()["code"]) == (410, "cursor_expired")
    oldest = await page(after=expired.json()["oldest"])
    assert (oldest.status_code, oldest.json()["items"]) == (200, [])


async def test_events_are_told_again_under_the_same_ids(service: RunningService) -> None:
    payment = await service.open(new_request())

    async def are_alerted(times: int) -> bool:
        return len(service.events(payment)) == times

    await until(lambda: are_alerted(1))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trade_core.republish", "--since-hours", "1",
        env={"PAYMESH_DATABASE_URL": service.url},
    )  # fmt: skip
    assert await process.wait() == 0
    await until(lambda: are_alerted(2))
    first, second = service.events(payment)
    assert first == second


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/internal/payments/P0"),
        ("GET", "/internal/refunds/R0"),
        ("GET", "/internal/refunds?app_id=A1&merchant_id=M1&merchant_refund_no=T0"),
        ("GET", "/internal/orders/W0?app_id=A1&merchant_id=M1"),
        ("GET", "/internal/payments/P%00"),
        ("GET", "/internal/orders/W0?app_id=A1&merchant_id=M%001"),
    ],
)
async def test_what_is_not_there_is_not_found(
    service: RunningService, method: str, path: str
) -> None:
    answer = await service.http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_nothing_is_answered_without_the_service_token(service: RunningService) -> None:
    content = new_request()
    for token in ("", "Bearer wrong"):
        headers = {"Authorization": token}
        answer = await service.http.post(
            "/internal/payments", json=open_body(content), headers=headers
        )
        assert answer.status_code == 401


async def test_malformed_request_is_refused_with_a_pointer_and_nothing_is_stored(
    service: RunningService,
) -> None:
    body = open_body(new_request())
    body["wish"]["amount"] = 12.99
    answer = await service.http.post("/internal/payments", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/wish/amount"]
    async with service.db.connection() as tx:
        assert await tx.fetchval("select count(*) from orders") == 0
