"""The internal calls for statements: of the gateway that brings statements, and of people."""

import httpx
from tests.builders.trade_core import ACCOUNT
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    FOREIGN,
    TODAY,
    asked,
    bring,
    compared,
    difference,
    fetched_again,
    next_morning,
    row_of,
    settle_books,
)

from trade_core.flows.reconcile import attend_reconciliations


async def test_the_calls_of_people_and_of_the_gateway(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.paid()
    await settle_books(harness)
    request = {"merchant_id": "M1", "payment_id": ACCOUNT, "channel": "wechat", "day": str(TODAY)}
    answer = await http.post("/reconciliations", json=request)
    assert (answer.status_code, answer.json()["state"]) == (202, "awaited")
    number = answer.json()["statement_no"]
    fetch = await asked(harness)
    page = {"round": fetch.round, "first_row": 0, "total_rows": 1}
    rows = [row_of(payment, amount=1300).model_dump(mode="json")]
    came = await http.post(f"/statements/{number}/rows", json={**page, "rows": rows})
    assert (came.status_code, came.json()) == (200, {"is_wanted": True})
    await attend_reconciliations(harness.deps)
    found = (await http.get(f"/reconciliations/{number}", params={"limit": 1})).json()
    [only] = found["differences"]["items"]
    assert (found["state"], only["kind"], only["billed_amount"]) == ("differs", "amount", 1300)
    path = f"/differences/{only['difference_no']}/settle"
    why = {"reason": "核对", "decided_by": "li"}
    assert (await http.post(path, json=why)).status_code == 422
    stale = await http.post(path, json={**why, "version": only["version"] + 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_changed")
    settled = await http.post(path, json={**why, "version": only["version"]})
    assert (settled.status_code, settled.json()["state"]) == (200, "settled")
    span = {"from": str(TODAY), "to": str(TODAY), "state": "matched", "merchant_id": "M1"}
    listed = (await http.get("/reconciliations", params=span)).json()
    assert [item["statement_no"] for item in listed["items"]] == [number]
    again = await http.post(f"/reconciliations/{number}/fetch")
    assert (again.status_code, again.json()["state"]) == (202, "awaited")
    fetch = await asked(harness)
    none = {"round": fetch.round, "is_final": False, "code": "X", "message": "…"}
    assert (await http.post(f"/statements/{number}/none", json=none)).json()["is_wanted"]


async def test_what_is_not_there_or_malformed_is_refused(http: httpx.AsyncClient) -> None:
    none = {"round": 1, "is_final": False, "code": "X", "message": "…"}
    why = {"reason": "核对", "decided_by": "li", "version": 0}
    request = {"merchant_id": "M1", "payment_id": ACCOUNT, "channel": "wechat", "day": "2026-02-31"}
    assert (await http.get("/reconciliations/B404")).status_code == 404
    assert (await http.post("/reconciliations/B404/fetch")).status_code == 404
    assert (await http.post("/statements/B404/none", json=none)).status_code == 404
    assert (await http.post("/differences/D404/settle", json=why)).status_code == 404
    assert (await http.post("/reconciliations", json=request)).status_code == 422
    assert (await http.post("/reconciliations", json={**request, "day": "1999-01-01"})).json()[
        "errors"
    ][0]["pointer"] == "/day"
    for params in ({"limit": 101}, {"from": "yesterday"}, {"state": "odd"}):
        assert (await http.get("/reconciliations", params=params)).status_code == 422


async def test_difference_that_is_closed_cannot_be_settled(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await harness.paid()
    await next_morning(harness)
    found = await compared(harness, FOREIGN)
    number = difference(found).difference_no
    fetch = await fetched_again(harness, found.statement_no)
    await bring(harness, fetch, [row_of(payment)])
    await attend_reconciliations(harness.deps)
    answer = await http.post(
        f"/differences/{number}/settle", json={"reason": "核对", "decided_by": "li", "version": 1}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
