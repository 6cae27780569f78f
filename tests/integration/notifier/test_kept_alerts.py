"""Alerts are kept for people: found by whose they are, taken up by somebody, once for each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from tests.integration.notifier.harness import Harness

from contracts.events import alerts as events
from contracts.events.alerts import Alert, Severity
from notifier.flows import alerts

AT = datetime(2026, 11, 29, 4, tzinfo=UTC)


async def raise_alert(
    harness: Harness,
    key: str,
    at: datetime = AT,
    severity: Severity = Severity.WARNING,
    merchant_id: str | None = None,
    **facts: str,
) -> None:
    alert = Alert(
        key=key, severity=severity, title="t", detail="d", merchant_id=merchant_id, facts={**facts}
    )
    await alerts.receive(harness.deps(replica=0), [events.record(alert, source="/test", at=at)])


async def find(http: httpx.AsyncClient, **asked: Any) -> list[str]:
    answer = await http.post("/internal/alerts/search", json=asked)
    assert answer.status_code == 200, answer.text
    return [item["key"] for item in answer.json()["items"]]


async def test_alerts_are_found_by_whose_they_are_and_what_they_say(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    await raise_alert(harness, "payment.conflicted:P1", merchant_id="M1")
    await raise_alert(harness, "payment.late:P2", AT + timedelta(1), merchant_id="M2")
    await raise_alert(harness, "endpoint.held:A1:x", AT + timedelta(2), app_id="A1")
    await raise_alert(harness, "due.behind", AT + timedelta(3), Severity.CRITICAL)

    assert await find(http) == [
        "due.behind", "endpoint.held:A1:x", "payment.late:P2", "payment.conflicted:P1"
    ]  # fmt: skip
    of_one = {"merchant_ids": ["M1"], "app_ids": ["A1"]}
    assert await find(http, scope=of_one) == ["endpoint.held:A1:x", "payment.conflicted:P1"]
    assert await find(http, scope={"merchant_ids": [], "app_ids": []}) == []
    assert await find(http, scope=of_one, merchant_id="M2") == []
    assert await find(http, kind="payment.") == ["payment.late:P2", "payment.conflicted:P1"]
    assert await find(http, severity="critical") == ["due.behind"]
    second_day = {
        "raised_from": (AT + timedelta(1)).isoformat(),
        "raised_before": (AT + timedelta(2)).isoformat(),
    }
    assert await find(http, **second_day) == ["payment.late:P2"]
    assert (await http.post("/internal/alerts/search", json={"after": "%"})).status_code == 422


async def test_pages_hold_each_alert_once_also_of_one_moment(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    for number in range(5):
        await raise_alert(harness, f"channel.unclear:P{number}")
    seen: list[str] = []
    after = None
    while True:
        asked = {"limit": 2, "after": after}
        page = (await http.post("/internal/alerts/search", json=asked)).json()
        seen += [item["key"] for item in page["items"]]
        after = page["next_cursor"]
        if after is None:
            break
    assert seen == [f"channel.unclear:P{number}" for number in (4, 3, 2, 1, 0)]


async def test_alert_is_acknowledged_as_it_was_seen_and_stays_so_until_it_is_another_one(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    key = "channel.circuit:C1"
    await raise_alert(harness, key, merchant_id="M1")
    seen = {"key": key, "first_at": AT.isoformat(), "severity": "warning", "by": "lin"}

    async def acknowledge(**changes: Any) -> httpx.Response:
        return await http.post("/internal/alerts/acknowledge", json={**seen, **changes})

    other = {"merchant_ids": ["M2"], "app_ids": []}
    assert (await acknowledge(scope=other)).status_code == 404
    assert (await acknowledge(key="channel.circuit:C2")).status_code == 404
    assert (await acknowledge(severity="critical")).json()["acknowledged_by"] is None
    assert await find(http, state="open") == [key]

    assert (await acknowledge()).json()["acknowledged_by"] == "lin"
    assert (await acknowledge(by="wang")).json()["acknowledged_by"] == "lin"
    await raise_alert(harness, key, AT + timedelta(minutes=1), merchant_id="M1")
    assert await find(http, state="acknowledged") == [key]

    await raise_alert(harness, key, AT + timedelta(minutes=2), Severity.CRITICAL, merchant_id="M1")
    assert await find(http, state="open") == [key]
    assert (await acknowledge(severity="critical", by="wang")).json()["acknowledged_by"] == "wang"

    async with harness.db.transaction() as tx:  # People were told of it, and a day was quiet.
        await tx.execute("update trouble set due_at = null, untold = 0")
    await raise_alert(harness, key, AT + timedelta(days=2), Severity.CRITICAL, merchant_id="M1")
    assert await find(http, state="open") == [key]
