"""Tokens of machines: a role, a scope, an end, and nothing that is for people."""

import re
from datetime import timedelta
from typing import Any

import pytest

from contracts.identifiers import new_id

from .conftest import USERNAME, Admin
from .people import Person, is_login
from .test_users import LI, change, hire

BODY = {"name": "erp", "role": "auditor", "expires_in_days": 30}


async def machine(admin: Admin, **changes: Any) -> tuple[dict[str, str], str]:
    """What it sends, and the id of its token."""
    made = await admin.post("/api/tokens", {**BODY, **changes})
    return {"Authorization": f"Bearer {made['token']}"}, made["token_id"]


async def test_a_machine_does_what_its_role_may_and_no_more(admin: Admin) -> None:
    headers, token_id = await machine(admin)
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 200
    refused = await admin.anonymous.post("/api/merchants", json={"name": "x"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    writer, writer_id = await machine(admin, role="administrator")
    made = await admin.anonymous.post("/api/merchants", json={"name": "x"}, headers=writer)
    assert made.status_code == 201
    entry = (await admin.audit(action="merchant.created"))[0]
    assert entry["actor"] == f"token:{writer_id}" != f"token:{token_id}"


async def test_a_machine_sees_its_merchants_only(admin: Admin) -> None:
    own, other = [
        (await admin.post("/api/merchants", {"name": name}))["merchant_id"] for name in "ab"
    ]
    headers, _ = await machine(admin, role="merchant_staff", merchant_ids=[own])
    listed = (await admin.anonymous.get("/api/merchants", headers=headers)).json()["items"]
    assert [it["merchant_id"] for it in listed] == [own]
    answer = await admin.anonymous.get(f"/api/merchants/{other}", headers=headers)
    assert answer.status_code == 404


async def test_what_is_of_people_is_closed_to_it(admin: Admin) -> None:
    headers, _ = await machine(admin, role="administrator")
    for method, path in (
        ("POST", "/api/tokens"), ("POST", "/api/users"), ("PUT", "/api/password"),
        ("POST", "/api/totp"), ("GET", "/api/sessions"), ("DELETE", "/api/session"),
        ("POST", f"/api/approvals/{new_id('approval')}/approve"),
    ):  # fmt: skip
        answer = await admin.anonymous.request(method, path, headers=headers, json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


async def test_as_a_cookie_it_opens_nothing(admin: Admin) -> None:
    headers, _ = await machine(admin, role="administrator")
    cookie = {"Cookie": f"paymesh_session={headers['Authorization'].removeprefix('Bearer ')}"}
    assert (await admin.anonymous.get("/api/merchants", headers=cookie)).status_code == 401
    page = await admin.anonymous.get("/console/merchants", headers=cookie)
    assert is_login(page.headers["location"])


async def test_it_is_over_when_its_time_is_or_when_it_is_revoked(admin: Admin) -> None:
    headers, _ = await machine(admin, expires_in_days=1)
    revoked, token_id = await machine(admin)
    assert (await admin.anonymous.get("/api/merchants", headers=revoked)).status_code == 200
    assert (await admin.http.delete(f"/api/tokens/{token_id}")).status_code == 204
    assert (await admin.http.delete(f"/api/tokens/{token_id}")).status_code == 404
    assert (await admin.anonymous.get("/api/merchants", headers=revoked)).status_code == 401
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 200
    admin.clock.ahead = timedelta(days=1, seconds=1)
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 401


@pytest.mark.parametrize("ends", [{"disabled": True}, {"role": "operator"}], ids=str)
async def test_it_is_over_when_nobody_answers_for_it(admin: Admin, ends: dict[str, Any]) -> None:
    boss = await hire(admin, "administrator")
    made = (await boss.post("/api/tokens", json=BODY)).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    other, other_id = await machine(admin)
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 200
    assert (await change(admin, **ends)).status_code == 200
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 401
    assert (await admin.anonymous.get("/api/merchants", headers=other)).status_code == 200
    assert (await change(admin, disabled=False, role="administrator")).status_code == 200
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 401
    entries = await admin.audit(action="token.revoked")
    assert [(entry["actor"], entry["entity_id"]) for entry in entries] == [
        (USERNAME, made["token_id"])
    ]
    assert other_id != made["token_id"]


async def test_one_from_before_its_maker_was_disabled_opens_nothing(admin: Admin) -> None:
    """As with a release that left such tokens alone, or where both happened at once."""
    boss = await hire(admin, "administrator")
    made = (await boss.post("/api/tokens", json=BODY)).json()
    async with admin.deps.db.transaction() as tx:
        await tx.execute("update admin_user set disabled_at = now() where username = $1", LI)
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 401


async def test_it_is_shown_once_and_stored_nowhere(admin: Admin) -> None:
    headers, token_id = await machine(admin)
    secret = headers["Authorization"].removeprefix("Bearer ")
    assert secret.startswith("pmt_")
    await admin.anonymous.get("/api/merchants", headers=headers)
    listed = await admin.http.get("/api/tokens")
    [token] = listed.json()["items"]
    assert (token["token_id"], token["created_by"]) == (token_id, USERNAME)
    assert token["last_used_at"] is not None
    async with admin.deps.db.connection() as tx:
        stored = await tx.fetch("select t::text as row from api_token t")
        stored += await tx.fetch("select a::text as row from audit a")
    for text in (listed.text, str([row["row"] for row in stored])):
        assert secret not in text
    actions = [entry["action"] for entry in await admin.audit(entity_id=token_id)]
    assert actions == ["token.created"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"role": "merchant_staff"}, "/merchant_ids"),
        ({"role": "administrator", "merchant_ids": ["M1"]}, "/merchant_ids"),
        ({"merchant_ids": ["M1"]}, "/merchant_ids"),
        ({"expires_in_days": 0}, "/expires_in_days"),
        ({"expires_in_days": 367}, "/expires_in_days"),
        ({"name": ""}, "/name"),
    ],
    ids=str,
)
async def test_a_token_that_cannot_be_is_pointed_at(
    admin: Admin, changes: dict[str, Any], pointer: str
) -> None:
    answer = await admin.http.post("/api/tokens", json={**BODY, **changes})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_tokens_are_the_business_of_administrators(admin: Admin) -> None:
    operator = await hire(admin, "operator")
    assert (await operator.get("/api/tokens")).status_code == 403
    assert (await operator.post("/api/tokens", json=BODY)).status_code == 403


async def test_the_form_that_is_sent_again_makes_no_other(admin: Admin) -> None:
    boss = await Person.logged_in(admin)
    form = {**await boss.form_of("tokens", "tokens"), "name": "erp"}
    assert "pmt_" in (await boss.send("tokens", **form)).text
    again = await boss.send("tokens", **form)
    assert (again.status_code, "<code>pmt_" in again.text) == (422, False)
    assert "It is made already" in again.text
    assert len((await admin.http.get("/api/tokens")).json()["items"]) == 1
    fresh = await boss.form_of("tokens", "tokens")
    assert (await boss.send("tokens", **{**fresh, "name": "erp"})).status_code == 200


async def test_the_page_makes_one_shows_it_once_and_revokes_it(admin: Admin) -> None:
    boss = await Person.logged_in(admin)
    form = {"name": "erp", "role": "auditor", "merchant_ids": "", "expires_in_days": "30"}
    refused = await boss.send("tokens", **{**form, "expires_in_days": "999"})
    assert (refused.status_code, 'value="erp"' in refused.text) == (422, True)
    shown = (await boss.send("tokens", **form)).text
    found = re.search(r"<code>(pmt_[\w-]+)</code>", shown)
    assert found is not None
    headers = {"Authorization": f"Bearer {found.group(1)}"}
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 200
    page = await boss.open_page("tokens")
    assert found.group(1) not in page
    revoke = re.search(r"/console/(tokens/T[0-9A-Z]{26}/revoke)", page)
    assert revoke is not None
    for _ in range(2):
        assert (await boss.send(revoke.group(1))).status_code == 303
    assert (await admin.anonymous.get("/api/merchants", headers=headers)).status_code == 401
