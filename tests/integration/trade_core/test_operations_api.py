"""The internal calls for people's work: decisions, the ledger, dead letters."""

import httpx
import pytest
from tests.builders.trade_core import paid, refund_request, refund_result
from tests.integration.trade_core.harness import Harness

from contracts.events.results import Source, Verdict

DECISION = {"decision": "accept", "reason": "与渠道核对", "decided_by": "li"}


async def test_conflict_is_decided_and_the_answer_shows_how_it_stands(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment, amount=1298))
    path = f"/payments/{payment.payment_no}"
    claim = (await http.get(path)).json()["claim"]
    assert claim["amount"] == 1298
    decision = {**DECISION, "claim": claim}
    answer = await http.post(f"{path}/decision", json=decision)
    assert answer.status_code == 200
    decided = answer.json()
    assert (decided["status"], decided["amount"], decided["order"]["amount_paid"]) == (
        "succeeded",
        1298,
        1298,
    )
    other = await http.post(f"{path}/decision", json={**decision, "decision": "ignore"})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/decision")


async def test_stuck_refund_is_decided(harness: Harness, http: httpx.AsyncClient) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    path = f"/refunds/{refund.refund_no}/decision"
    answer = await http.post(path, json={**DECISION, "decision": "release"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    seen = (await http.get(f"/refunds/{refund.refund_no}")).json()["version"]
    release = {**DECISION, "decision": "release", "version": seen}
    stale = await http.post(path, json={**release, "version": seen - 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_changed")
    answer = await http.post(path, json=release)
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    unknown = await http.post("/refunds/R404/decision", json=release)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "changes", [{"reason": ""}, {"decided_by": ""}, {"decision": "forget"}, {"reason": "a\x00"}]
)
async def test_decision_of_another_form_is_refused(
    http: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    answer = await http.post("/payments/P404/decision", json={**DECISION, "claim": None, **changes})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_ledger_is_shown(harness: Harness, http: httpx.AsyncClient) -> None:
    payment = await harness.paid()
    balances = (await http.get("/ledger/balances", params={"merchant_id": "M1"})).json()
    assert [(each["purpose"], each["amount"]) for each in balances["items"]] == [
        ("channel_receivable", 1299),
        ("merchant_payable", -1299),
    ]
    entries = (await http.get("/ledger/entries", params={"subject": payment.payment_no})).json()
    assert [entry["kind"] for entry in entries["items"]] == ["payment_captured"]
    assert (await http.get("/ledger/balances", params={"limit": 101})).status_code == 422
    assert (await http.get("/ledger/balances", params={"after": "%"})).status_code == 422


async def test_dead_letters_are_listed_and_replayed(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = (await harness.open()).payment
    await harness.apply(paid(payment, payment_no="P404"))
    (letter,) = (await http.get("/dead-letters")).json()["items"]
    path, seen = f"/dead-letters/{letter['id']}/replay", {"version": letter["version"]}
    assert (await http.post(path)).status_code == 422
    answer = await http.post(path, json=seen)
    assert (answer.status_code, answer.json()["tries"]) == (200, 1)
    stale = await http.post(path, json=seen)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_changed")
    assert (await http.post("/dead-letters/404/replay", json=seen)).status_code == 404
    assert (await http.post("/dead-letters/0/replay", json=seen)).status_code == 422


async def test_every_call_asks_for_the_service_token(http: httpx.AsyncClient) -> None:
    http.headers["Authorization"] = "Bearer other"
    for method, path in (
        ("POST", "/payments/P1/decision"),
        ("POST", "/refunds/R1/decision"),
        ("GET", "/ledger/balances"),
        ("GET", "/ledger/entries"),
        ("GET", "/dead-letters"),
        ("POST", "/dead-letters/1/replay"),
    ):
        assert (await http.request(method, path)).status_code == 401, path
