"""An order as people look at it: all that belongs to it, and what channels said of it."""

import json
from typing import Any

import httpx
from tests.builders.trade_core import (
    paid,
    payment_result,
    refund_request,
    refund_result,
    request,
)
from tests.integration.trade_core.harness import Harness

from contracts.events.results import Source, Verdict


async def on_file(http: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    answer = await http.get(f"/orders-on-file/{order_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_order_is_shown_with_what_is_reserved_and_left(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment, amount=299))).refund
    found = await on_file(http, payment.order_id)
    (shown,) = found["payments"]
    assert (shown["amount_reserved"], shown["amount_left"], shown["claim"]) == (299, 1000, None)
    assert [one["refund_no"] for one in found["refunds"]] == [refund.refund_no]
    assert [entry["kind"] for entry in found["entries"]] == ["payment_captured", "refund_started"]
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.SUCCEEDED))
    (shown,) = (await on_file(http, payment.order_id))["payments"]
    assert (shown["amount_reserved"], shown["amount_refunded"]) == (0, 299)


async def test_call_that_changed_something_is_told_with_its_event(harness: Harness) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment))
    async with harness.deps.db.connection() as tx:
        rows = await tx.fetch("select type, payload from event_log order by id")
    calls = {row["type"]: json.loads(row["payload"])["data"]["call"] for row in rows}
    assert calls["payment.created"] is None
    assert (calls["payment.succeeded"]["operation"], calls["payment.succeeded"]["outcome"]) == (
        "notice",
        "succeeded",
    )


async def test_call_that_changed_nothing_is_kept_for_people(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.opened()
    await harness.apply(payment_result(payment, Source.QUERY, Verdict.PENDING))
    await harness.apply(payment_result(payment, Source.QUERY, Verdict.PENDING))
    calls = (await on_file(http, payment.order_id))["calls"]
    assert [(one["subject"], one["call"]["operation"], one["call"]["outcome"]) for one in calls][
        -1
    ] == (payment.payment_no, "query", "pending")


async def test_decision_is_shown_with_who_made_it(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment, amount=1298))
    (shown,) = (await on_file(http, payment.order_id))["payments"]
    assert shown["claim"]["amount"] == 1298
    body = {
        "decision": "accept",
        "reason": "与渠道核对",
        "decided_by": "li",
        "claim": shown["claim"],
    }
    await http.post(f"/payments/{payment.payment_no}/decision", json=body)
    (decided,) = (await on_file(http, payment.order_id))["decisions"]
    assert (decided["decision"], decided["decided_by"]) == ("accept", "li")


async def test_people_have_the_channel_asked_and_close(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.opened()
    path = f"/orders-on-file/{payment.order_id}"
    async with harness.deps.db.connection() as tx:
        await tx.execute("update due_work set due_at = now() + interval '1 hour'")
    assert (await http.post(f"{path}/ask")).status_code == 200
    async with harness.deps.db.connection() as tx:
        assert await tx.fetchval("select count(*) from due_work where due_at <= now()") == 1
    closed = await http.post(f"{path}/close", json={"closed_by": "li"})
    assert closed.json()["order"]["status"] == "closed"
    paid_one = await harness.paid(request(merchant_order_no="W2"))
    refused = await http.post(
        f"/orders-on-file/{paid_one.order_id}/close", json={"closed_by": "li"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "order_paid")
    for method, unknown in (("GET", "/orders-on-file/O404"), ("POST", "/orders-on-file/O404/ask")):
        assert (await http.request(method, unknown)).status_code == 404
