"""Whatever a caller sends, on whatever route: an answer that says what is wrong, never a 500."""

import json
from typing import Any, Final

import httpx
import pytest
from fastapi.routing import APIRoute
from tests.contract.test_admin_openapi import document

from merchant_admin.api.console.routes import PARTS, SETUP
from merchant_admin.api.openapi import OPEN

from .conftest import USERNAME, Admin
from .people import Person
from .test_users import at_work, hire

HUGE: Final = str(10**400)
TEXTS: Final = [
    "", "\0", "%00", "..", "x" * 300, "'\";--", "\u202e\u200b", "\ud7ff\ue000", "-1", HUGE, "1e999",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-45", "[]", "AA", "_w",
    "OTk5OS0xMi0zMVQyMzo1OTo1OS0xNDowMCBP", "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCBP", "é", "true",
]  # fmt: skip
"""Also as cursors: the end of the calendar and its beginning, each in a time zone beyond it."""

BODIES: Final = [
    b"", b"{", b"[]", b"null", b'"x"', b'{"a":1,"a":2}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}',
    b"\xff\xfe", b"[" * 2_000, b'{"a":' + b"9" * 5_000 + b"}", b'{"a":1e999}', b'{"a":NaN}',
]  # fmt: skip

VALUES: Final[list[Any]] = [
    None, -1, 2**63, 10**30, 1.5, True, "", "\u202e", "x" * 70_000, [], [[]], {},
]  # fmt: skip

CONSOLE: Final = [
    "merchants", "orders", "payments", "payments/x", "ledger", "reconciliations", "dead-letters",
    "reconciliations/x", "deliveries", "deliveries/x", "endpoints", "replays/W1", "alerts", "users",
    "account", "login", "second-factor", "invitations/x", "users/x", "approvals",
    "tokens",
]  # fmt: skip
PARAMETERS: Final = [
    ["after", "lang"], ["state", "problem"], ["merchant_id", "number"], ["app_id"], ["from"],
]  # fmt: skip
"""What a page reads, one at a time, each beside one that pages show and never refuse."""
FORMS: Final = [
    "payments/x/decision", "payments/x/refunds", "payments/x/refunds/y/decision", "users",
    "users/x", "dead-letters/7/replay", "reconciliations", "replays", "deliveries/x/redeliver",
    "endpoints/L7/resume", "account/password", "account/sessions/x/end", "second-factor/confirm",
    "invitations/x", "users/x/invitation", "users/x/second-factor/remove", "login",
    "approvals/x/approve", "approvals/x/reject", "tokens", "tokens/x/revoke",
]  # fmt: skip
FIELDS: Final = [
    "decision", "reason", "version", "amount", "claim_amount", "claim_payment_id", "username",
    "password", "role", "merchant_ids", "payment_id", "day", "app_id", "created_from",
    "created_before", "per_s", "totp", "ticket", "password_again", "name",
    "expires_in_days",
]  # fmt: skip


def filled(path: str, text: str) -> str:
    """The path with this text for each of its parameters, encoded as it must be."""
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, str(httpx.QueryParams({"": text}))[1:] or "%20")
    return path


async def is_answered(answer: httpx.Response, *shown: object) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, (shown, answer.text)


async def test_odd_paths_and_queries_are_answered(admin: Admin) -> None:
    calls = [
        (path, [each["name"] for each in call.get("parameters", []) if each["in"] == "query"])
        for path, methods in document()["paths"].items()
        for method, call in methods.items()
        if method == "get"
    ]
    for path, names in calls:
        for text in TEXTS if "{" in path else ():
            await is_answered(await admin.http.get(filled(path, text)), path, text)
        for name in names:
            for text in TEXTS:
                answer = await admin.http.get(filled(path, "x"), params={name: text})
                await is_answered(answer, path, name, text)
                if text == "\0" and name != "after":  # A file has no pages.
                    assert answer.is_client_error, (path, name)


async def test_odd_names_in_whatever_path_are_answered(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    calls = [(verb, path) for path, methods in document()["paths"].items() for verb in methods]
    calls += [
        (verb, route.path)
        for part in (*PARTS, *SETUP)
        for route in part.router.routes
        if isinstance(route, APIRoute)
        for verb in route.methods or ()
    ]
    for verb, path in calls:
        if "{" in path:
            for text in ("\0", "x\0", "\ufffd", "x" * 300):
                answer = await admin.http.request(verb, filled(path, text), headers=person.headers)
                await is_answered(answer, verb, path, text)
                assert answer.status_code < 500 or "\0" not in text, (verb, path)


async def test_a_page_before_that_is_no_address_leads_to_the_login(admin: Admin) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Referer": "http://["}
    form = {"password": "a secret of mine"}
    answer = await admin.anonymous.post("/console/account/password", data=form, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login?back=")


@pytest.mark.parametrize("stamp", ["999999999999", "9999999999", "0", "", "-1", "1e9", "\u0661"])
async def test_odd_tickets_prove_nobody(admin: Admin, stamp: str) -> None:
    form = {"username": USERNAME, "ticket": f"{stamp}.x", "totp": "123456"}
    answer = await admin.anonymous.post("/console/login", data=form)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


async def test_odd_bodies_are_answered(admin: Admin) -> None:
    kinds: tuple[dict[str, str], ...] = (
        {"Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {},
    )
    for path, methods in document()["paths"].items():
        for method in methods.keys() - {"get", "delete"}:
            for body in BODIES:
                for kind in kinds if body == b"" else kinds[:1]:
                    answer = await admin.http.request(
                        method, filled(path, "x"), content=body, headers=kind
                    )
                    await is_answered(answer, method, path, body)


async def test_what_is_sent_with_a_call_that_takes_nothing_is_refused(admin: Admin) -> None:
    """Whoever sent the filters of an export as a body was given everybody's rows."""
    for path, methods in document()["paths"].items():
        for method, call in methods.items():
            if method == "get" or "requestBody" in call:
                continue
            for body, pointers in ((b'{"x":1}', ["/x"]), (b"[]", []), (b"x=1", [])):
                refused = await admin.http.request(method, filled(path, "1"), content=body)
                assert refused.status_code == 422, (method, path)
                if "{" not in path:
                    named = [each["pointer"] for each in refused.json()["errors"]]
                    assert named == pointers, (method, path)
    for body in (b"", b"{}"):
        answer = await admin.http.post("/api/exports/orders", content=body)
        assert answer.status_code == 202, body


async def test_odd_values_of_fields_are_answered(admin: Admin) -> None:
    schemas = document()["components"]["schemas"]
    for path, methods in document()["paths"].items():
        for method, call in methods.items():
            if "requestBody" not in call or path == "/api/session":
                continue
            reference = call["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            fields = schemas[reference.rpartition("/")[2]]["properties"]
            for value in VALUES:
                body = json.dumps(dict.fromkeys(fields, value)).encode()
                answer = await admin.http.request(
                    method, filled(path, "x"), content=body,
                    headers={"Content-Type": "application/json"},
                )  # fmt: skip
                await is_answered(answer, method, path, value)
                assert answer.status_code >= 400, (method, path, value)


async def test_odd_things_typed_on_pages_are_answered(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    for page in CONSOLE:
        for text in TEXTS:
            for names in PARAMETERS:
                answer = await person.get(page, **dict.fromkeys(names, text))
                await is_answered(answer, page, names, text)
    for form in FORMS:
        for text in TEXTS:
            await is_answered(await person.send(form, **dict.fromkeys(FIELDS, text)), form, text)


@pytest.mark.parametrize("cookie", ["", "\0", "é", "x" * 10_000])
async def test_odd_tokens_are_nobodys(admin: Admin, cookie: str) -> None:
    token = cookie.encode()
    for name, value in ((b"Authorization", b"Bearer "), (b"Cookie", b"paymesh_session=")):
        headers = [(name, value + token)]
        answer = await admin.anonymous.get("/api/merchants", headers=headers)
        assert answer.status_code == 401


async def test_access_ends_at_once_on_every_route(admin: Admin) -> None:
    li = await hire(admin, "operator")
    await admin.http.patch("/api/users/li.na", json={"disabled": True})
    await admin.http.patch("/api/users/li.na", json={"disabled": False})
    for path, methods in document()["paths"].items():
        for method in methods:
            if (method, path) not in OPEN:
                answer = await li.request(method, filled(path, "x"))
                assert answer.status_code in (401, 404), (method, path)
    again = await at_work(admin)
    assert (await again.get("/api/merchants")).status_code == 200
