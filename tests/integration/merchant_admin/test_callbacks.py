"""What people see and do about callbacks goes to the notifier, and is audited."""

from typing import Any

import pytest
from tests.integration.merchant_admin.conftest import Admin

from merchant_admin.flows.callbacks import MOST_ROUNDS

AT = "2026-11-22T04:00:00Z"
ENDPOINT: dict[str, Any] = {
    "endpoint_id": "L7", "app_id": "A1", "address": "https://app.example/cb", "suspended_at": None,
    "suspended_for": None, "failing_since": None, "held_until": None, "pending": 3,
    "oldest_due_at": None,
}  # fmt: skip
REPLAY: dict[str, Any] = {
    "replay_id": "W1", "app_id": "A1", "matched": 12, "sent": 0, "per_s": 20, "asked_at": AT,
    "done_at": None,
}  # fmt: skip
DELIVERY: dict[str, Any] = {
    "delivery_id": "D9", "event_id": "E1", "app_id": "A1", "type": "payment.succeeded",
    "url": "https://app.example/cb", "state": "exhausted", "created_at": AT,
    "next_attempt_at": None, "attempts": [],
}  # fmt: skip


async def test_deliveries_are_found_by_filter(admin: Admin) -> None:
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [DELIVERY], "next_cursor": None}

    answer = await admin.http.get("/api/deliveries?state=exhausted&app_id=A1")

    assert answer.json()["items"][0]["delivery_id"] == "D9"
    filters = {"app_id": "A1", "limit": 50, "state": "exhausted"}
    assert admin.notifier.calls == [("GET", "/internal/all-deliveries", filters)]


async def test_pages_that_the_filters_leave_empty_are_passed_over(admin: Admin) -> None:
    admin.notifier.answers["/internal/all-deliveries"] = {"items": [], "next_cursor": "D5"}
    page = (await admin.http.get("/api/deliveries?type=payment.failed")).json()
    assert page == {"items": [], "next_cursor": "D5"}
    asked = [query for _, _, query in admin.notifier.calls]
    first = {"type": "payment.failed", "limit": 50}
    assert asked == [first] + [{**first, "after": "D5"}] * (MOST_ROUNDS - 1)


async def test_replay_is_asked_for_and_audited(admin: Admin) -> None:
    admin.notifier.answers["/internal/replays"] = REPLAY
    admin.notifier.answers["/internal/replays/W1"] = {**REPLAY, "sent": 12, "done_at": AT}
    body = {"app_id": "A1", "created_from": AT, "created_before": AT, "per_s": 20}

    answer = await admin.http.post("/api/deliveries/replays", json=body)
    after = await admin.http.get("/api/deliveries/replays/W1")

    assert (answer.status_code, answer.json()["matched"]) == (202, 12)
    assert after.json()["sent"] == 12
    (entry,) = await admin.audit(entity_id="A1")
    assert (entry["action"], entry["after"]["outcome"]) == ("callbacks.replayed", "done")


async def test_suspended_address_is_listed_and_resumed(admin: Admin) -> None:
    admin.notifier.answers["/internal/endpoints"] = {"items": [ENDPOINT], "next_cursor": None}
    admin.notifier.answers["/internal/endpoints/L7/resume"] = ENDPOINT

    listed = await admin.http.get("/api/callback-addresses?suspended=true")
    resumed = await admin.http.post("/api/callback-addresses/L7/resume")

    assert listed.json()["items"] == [resumed.json()] == [ENDPOINT]
    (entry,) = await admin.audit(entity_id="L7")
    assert entry["action"] == "callback_address.resumed"


async def test_what_the_notifier_refuses_is_told_and_audited(admin: Admin) -> None:
    answer = await admin.http.post("/api/callback-addresses/L8/resume")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    (entry,) = await admin.audit(entity_id="L8")
    assert entry["after"]["outcome"] == "not_found"


async def test_alerts_can_be_tested(admin: Admin) -> None:
    shown = {"items": [{"messenger": "dingtalk", "error": None}]}
    admin.notifier.answers["/internal/alerts/test"] = shown

    assert (await admin.http.post("/api/alerts/test")).json() == shown


async def test_alert_route_of_a_merchant_can_be_tested(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "阳光物业"}))["merchant_id"]
    path = f"/internal/alerts/test?merchant_id={merchant_id}"
    admin.notifier.answers[path] = {"items": [{"messenger": "dingtalk", "error": None}]}

    answer = await admin.http.post(f"/api/alerts/test?merchant_id={merchant_id}")
    malformed = await admin.http.post("/api/alerts/test?merchant_id=M1%26x=y")

    assert answer.json()["items"][0]["messenger"] == "dingtalk"
    assert malformed.status_code == 404
    (tested,) = await admin.audit(action="alerts.tested")
    assert tested["entity_id"] == merchant_id


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/deliveries"),
        ("POST", "/api/deliveries/replays"),
        ("GET", "/api/callback-addresses"),
        ("POST", "/api/callback-addresses/L7/resume"),
        ("POST", "/api/alerts/test"),
    ],
)
async def test_nobody_may_without_a_session(admin: Admin, method: str, path: str) -> None:
    assert (await admin.anonymous.request(method, path)).status_code == 401
    assert admin.notifier.calls == []
