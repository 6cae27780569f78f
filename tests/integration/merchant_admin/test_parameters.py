"""A parameter that cannot be understood, or says two things, is refused by its name."""

from typing import Any, Final

import httpx
import pytest
from tests.contract.test_admin_openapi import document

from .conftest import Admin

OWN_LISTS: Final = (
    "merchants", "channel-accounts", "apps", "counter-codes", "users", "tokens", "approvals",
    "exports", "audit", "certificates", "orders", "payments", "refunds", "splits",
)  # fmt: skip
SEARCHES: Final = ("orders", "payments", "refunds", "exports/orders", "exports/refunds")
DAYS: Final = {"created_from": "2026-11-01T00:00:00Z", "created_before": "2026-11-02T00:00:00Z"}


def is_refused(answer: httpx.Response, *pointers: str) -> bool:
    body = answer.json()
    refused = [each["pointer"] for each in body["errors"]]
    return (answer.status_code, body["code"], refused) == (422, "invalid_request", list(pointers))


@pytest.mark.parametrize("cursor", ["!", "!!!", "=", "~", "\u00e9", "AA", "YWRtaW4=", "YWR!taW4"])
async def test_what_is_no_cursor_begins_no_list(admin: Admin, cursor: str) -> None:
    for name in OWN_LISTS:
        answer = await admin.http.get(f"/api/{name}", params={"after": cursor})
        assert is_refused(answer, "/after"), (name, answer.text)


async def test_what_there_is_only_some_of_is_one_of_them(admin: Admin) -> None:
    for path, name in (
        ("deliveries", "type"),
        ("exports/callbacks", "type"),
        ("exports", "list"),
        ("reports", "currency"),
        ("statements?merchant_id=M1", "currency"),
    ):
        answer = await admin.http.get(f"/api/{path}", params=None if "?" in path else {name: "XXX"})
        if "?" in path:
            answer = await admin.http.get(f"/api/{path}&{name}=XXX")
        assert is_refused(answer, f"/{name}"), (path, answer.text)
    replay = {"app_id": "A1", **DAYS, "type": "payment.odd"}
    answer = await admin.http.post("/api/deliveries/replays", json=replay)
    assert is_refused(answer, "/type")
    assert admin.notifier.calls == []


@pytest.mark.parametrize("path", SEARCHES)
async def test_two_names_of_one_filter_say_the_same(admin: Admin, path: str) -> None:
    state, other = ("paid", "closed") if "orders" in path else ("succeeded", "failed")
    for given, alias in (
        ({"state": state, "status": other}, "/status"),
        ({"created_before": "2026-11-02T00:00:00Z", "created_to": "2026-11-03T00:00:00Z"},
         "/created_to"),
    ):  # fmt: skip
        assert is_refused(await admin.http.get(f"/api/{path}", params=given), alias)
    same = {
        "state": state, "status": state, "created_before": "2026-11-02T00:00:00Z",
        "created_to": "2026-11-02T08:00:00+08:00",
    }  # fmt: skip
    assert (await admin.http.get(f"/api/{path}", params=same)).status_code == 200


async def test_a_statement_is_of_a_day_or_of_a_month(admin: Admin) -> None:
    asked = {"merchant_id": "M1", "day": "2026-11-02", "month": "2026-11"}
    assert is_refused(await admin.http.get("/api/statements", params=asked), "/month")


async def test_no_parameter_has_two_values(admin: Admin) -> None:
    seen = 0
    for path, methods in document()["paths"].items():
        for method, call in methods.items():
            names = [it["name"] for it in call.get("parameters", []) if it["in"] == "query"]
            for name in names:
                address = f"{path.replace('{', '').replace('}', '')}?{name}=1&x=1&x=2&{name}=2"
                answer = await admin.http.request(method, address)
                if answer.status_code != 401:  # whoever logs in, or has been invited
                    assert is_refused(answer, f"/{name}"), (method, address, answer.text)
                    seen += 1
    assert seen > 100


async def test_the_same_twice_is_once_and_the_unknown_is_ignored(admin: Admin) -> None:
    query: Any = [("state", "paid"), ("state", "paid"), ("odd", "1"), ("odd", "2")]
    assert (await admin.http.get("/api/orders", params=query)).status_code == 200
