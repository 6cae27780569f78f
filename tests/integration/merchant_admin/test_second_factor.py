"""The second factor: set up, asked for, taken once, guessed at, lost, required."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pyotp

from merchant_admin.domain.guessing import WINDOW
from merchant_admin.domain.second_factor import RECOVERY_CODES
from merchant_admin.flows.second_factors import encrypt_anew
from merchant_admin.flows.users import ensure_administrator

from .conftest import PASSWORD, USERNAME, Admin, waiting_for_locks
from .people import Person
from .test_users import LI, LIS_PASSWORD, change, hire


class Phone:
    """An authenticator app: whoever reads its codes has it in their hand."""

    def __init__(self, admin: Admin, secret: str) -> None:
        self._admin = admin
        self._totp = pyotp.TOTP(secret)

    def code(self, steps_off: int = 0) -> str:
        return self._totp.at(self._admin.clock(), counter_offset=steps_off)

    def next_code(self) -> str:
        """One that was not shown yet."""
        self._admin.clock.ahead += timedelta(seconds=30)
        return self.code()


async def enrolled(admin: Admin, client: httpx.AsyncClient) -> tuple[Phone, list[str]]:
    """Their phone, and their recovery codes."""
    begun = await client.post("/api/totp")
    assert begun.status_code == 201, begun.text
    phone = Phone(admin, begun.json()["secret"])
    confirmed = await client.post("/api/totp/confirm", json={"totp": phone.code()})
    assert confirmed.status_code == 200, confirmed.text
    return phone, confirmed.json()["recovery_codes"]


async def log_in(
    admin: Admin, totp: str | None = None, username: str = LI, password: str = LIS_PASSWORD
) -> httpx.Response:
    body = {"username": username, "password": password}
    return await admin.anonymous.post("/api/session", json=body | ({"totp": totp} if totp else {}))


async def test_whoever_has_one_logs_in_with_it_and_not_without(admin: Admin) -> None:
    li = await hire(admin, "operator")
    assert (await li.get("/api/totp")).json() == {
        "enrolled": False, "required": False, "recovery_codes_left": None,
    }  # fmt: skip
    phone, codes = await enrolled(admin, li)
    assert len(set(codes)) == RECOVERY_CODES
    assert (await li.get("/api/totp")).json()["recovery_codes_left"] == RECOVERY_CODES
    missing = await log_in(admin)
    assert (missing.status_code, missing.json()["code"]) == (401, "totp_required")
    assert (await log_in(admin, "000000")).json()["code"] == "totp_required"
    assert (await log_in(admin, phone.next_code())).status_code == 201
    assert (await log_in(admin, "000000", password="wrong")).json()["code"] == "unauthenticated"


async def test_a_code_is_taken_once_and_none_from_before_it(admin: Admin) -> None:
    phone, _ = await enrolled(admin, await hire(admin, "operator"))
    assert (await log_in(admin, phone.code())).status_code == 401
    code = phone.next_code()
    assert (await log_in(admin, code)).status_code == 201
    assert (await log_in(admin, code)).json()["detail"].endswith("used before.")
    assert (await log_in(admin, phone.code(-1))).status_code == 401
    assert (await log_in(admin, phone.code(1))).status_code == 201


async def test_a_clock_may_be_one_step_off_and_no_more(admin: Admin) -> None:
    phone, _ = await enrolled(admin, await hire(admin, "operator"))
    admin.clock.ahead += timedelta(minutes=5)
    for steps_off, status in ((-2, 401), (2, 401), (-1, 201), (1, 201)):
        assert (await log_in(admin, phone.code(steps_off))).status_code == status


async def test_codes_cannot_be_guessed(admin: Admin) -> None:
    phone, _ = await enrolled(admin, await hire(admin, "operator"))
    phone.next_code()
    for status in [401] * 5 + [429]:
        assert (await log_in(admin, "000000")).status_code == status
    elsewhere = admin.calling_from("198.51.100.7")
    body = {"username": LI, "password": LIS_PASSWORD, "totp": phone.code()}
    assert (await elsewhere.post("/api/session", json=body)).status_code == 429
    admin.clock.ahead += WINDOW
    assert (await log_in(admin, phone.code())).status_code == 201


async def test_a_recovery_code_is_good_once_however_it_is_typed(admin: Admin) -> None:
    li = await hire(admin, "operator")
    _, codes = await enrolled(admin, li)
    typed = codes[0].upper().replace("-", " ")
    assert (await log_in(admin, typed)).status_code == 201
    assert (await log_in(admin, codes[0])).status_code == 401
    assert (await li.get("/api/totp")).json()["recovery_codes_left"] == RECOVERY_CODES - 1
    renewed = (await li.post("/api/totp/recovery-codes")).json()["recovery_codes"]
    assert (await log_in(admin, codes[1])).status_code == 401
    assert (await log_in(admin, renewed[0])).status_code == 201


async def test_codes_that_are_renewed_twice_at_once_are_ten(admin: Admin) -> None:
    await enrolled(admin, admin.http)
    async with asyncio.TaskGroup() as group, admin.deps.db.transaction() as tx:
        await tx.execute("select 1 from second_factor for update")
        for _ in range(2):
            group.create_task(admin.http.post("/api/totp/recovery-codes"))
        await waiting_for_locks(admin.deps.db, 2)
    left = (await admin.http.get("/api/totp")).json()["recovery_codes_left"]
    assert left == RECOVERY_CODES


async def test_setting_one_up_ends_the_other_sessions(admin: Admin) -> None:
    li, other = await hire(admin, "operator"), (await log_in_token(admin))
    await enrolled(admin, li)
    assert (await li.get("/api/merchants")).status_code == 200
    assert (await admin.anonymous.get("/api/merchants", headers=other)).status_code == 401


async def log_in_token(admin: Admin) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await log_in(admin)).json()['access_token']}"}


async def test_a_wrong_code_sets_nothing_up(admin: Admin) -> None:
    li = await hire(admin, "operator")
    assert (await li.post("/api/totp/confirm", json={"totp": "000000"})).status_code == 404
    await li.post("/api/totp")
    refused = await li.post("/api/totp/confirm", json={"totp": "000000"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/totp")
    assert (await log_in(admin)).status_code == 201


async def test_of_a_lost_phone_an_administrator_takes_it_away(admin: Admin) -> None:
    li = await hire(admin, "operator")
    await enrolled(admin, li)
    assert (await admin.http.delete(f"/api/users/{LI}/totp")).status_code == 204
    assert (await li.get("/api/merchants")).status_code == 401
    assert (await log_in(admin)).status_code == 201
    assert (await admin.http.delete(f"/api/users/{LI}/totp")).status_code == 404
    actions = [entry["action"] for entry in await admin.audit(entity_id=LI)]
    assert {"totp.begun", "totp.enrolled", "totp.removed"} <= set(actions)


async def test_neither_secret_nor_codes_stand_in_the_database(admin: Admin) -> None:
    li = await hire(admin, "operator")
    secret = (await li.post("/api/totp")).json()["secret"]
    code = pyotp.TOTP(secret).at(admin.clock())
    codes = (await li.post("/api/totp/confirm", json={"totp": code})).json()["recovery_codes"]
    async with admin.deps.db.connection() as tx:
        stored = await tx.fetch("select f::text as row from second_factor f")
        stored += await tx.fetch("select c::text as row from recovery_code c")
        stored += await tx.fetch("select a::text as row from audit a")
    text = " ".join(row["row"] for row in stored)
    for shown in (secret, codes[0], codes[0].replace("-", "")):
        assert shown not in text
        assert shown.encode().hex() not in text


async def test_it_outlives_the_session_key(admin: Admin) -> None:
    phone, codes = await enrolled(admin, await hire(admin, "operator"))
    old, new = admin.deps.session_keys[0], b"the session key that replaces it, as long"
    admin.app.state.deps = both = replace(admin.deps, session_keys=(new, old))
    assert (await log_in(admin, phone.next_code())).status_code == 201
    await encrypt_anew(both)
    admin.app.state.deps = replace(admin.deps, session_keys=(new,))
    assert (await log_in(admin, phone.next_code())).status_code == 201
    admin.app.state.deps = replace(admin.deps, session_keys=(b"quite another session key, long",))
    assert (await log_in(admin, phone.next_code())).status_code == 401
    assert (await log_in(admin, codes[0])).status_code == 201


async def test_a_new_password_of_the_environment_needs_no_phone(admin: Admin) -> None:
    await enrolled(admin, admin.http)
    assert (await log_in(admin, None, USERNAME, PASSWORD)).status_code == 401
    await ensure_administrator(admin.deps, USERNAME, PASSWORD)
    assert (await log_in(admin, None, USERNAME, PASSWORD)).status_code == 401
    await ensure_administrator(admin.deps, USERNAME, "another good password")
    assert (await log_in(admin, None, USERNAME, "another good password")).status_code == 201


async def test_where_it_is_required_nothing_else_is_open_before(admin: Admin) -> None:
    li = await hire(admin, "operator")
    auditor = await hire(admin, "auditor", "wang")
    admin.app.state.deps = replace(admin.deps, requires_totp=True)
    for path in ("/api/merchants", "/api/payments", "/api/channels"):
        refused = await li.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "totp_enrolment_required")
    assert (await auditor.get("/api/merchants")).status_code == 200
    assert (await li.get("/api/totp")).json()["required"] is True
    await enrolled(admin, li)
    assert (await li.get("/api/merchants")).status_code == 200


async def test_the_pages_lead_to_it_show_a_code_to_scan_and_ask_for_it(admin: Admin) -> None:
    admin.app.state.deps = replace(admin.deps, requires_totp=True)
    person = await logged_in_before_enrolment(admin)
    assert (await person.get("merchants")).headers["location"] == "/console/second-factor"
    assert "needs a second factor" in await person.open_page("second-factor")
    page = (await person.send("second-factor")).text
    assert "<svg" in page
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found is not None
    phone = Phone(admin, found.group(1))
    assert "<svg" in (await person.send("second-factor/confirm", totp="000000")).text
    codes = (await person.send("second-factor/confirm", totp=phone.code())).text
    assert len(re.findall(r"<code>[a-z2-7-]{19}</code>", codes)) == RECOVERY_CODES
    assert (await person.get("merchants")).status_code == 200

    form = {"username": USERNAME, "password": PASSWORD}
    step = await admin.anonymous.post("/console/login", data=form)
    assert step.status_code == 401
    assert PASSWORD not in step.text
    ticket = re.search(r'name="ticket" value="([^"]+)"', step.text)
    assert ticket is not None
    form = {"username": USERNAME, "ticket": ticket.group(1)}
    for wrong in ({"username": LI}, {"ticket": "1" + ticket.group(1)}):
        answer = await admin.anonymous.post("/console/login", data={**form, **wrong, "totp": "1"})
        assert "set-cookie" not in answer.headers
    answer = await admin.anonymous.post("/console/login", data={**form, "totp": phone.next_code()})
    assert (answer.status_code, "paymesh_session" in answer.headers["set-cookie"]) == (303, True)
    admin.clock.ahead += timedelta(minutes=6)
    late = await admin.anonymous.post("/console/login", data={**form, "totp": phone.code()})
    assert (late.status_code, "set-cookie" in late.headers) == (401, False)


async def logged_in_before_enrolment(admin: Admin) -> Person:
    answer = await admin.anonymous.post(
        "/console/login", data={"username": USERNAME, "password": PASSWORD}
    )
    cookie = answer.headers["set-cookie"].partition(";")[0]
    headers = {"Cookie": cookie, "Accept-Language": "en"}
    page = await admin.anonymous.get("/console/second-factor", headers=headers)
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert found is not None
    return Person(admin, headers, found.group(1))


async def test_a_role_that_is_given_asks_for_it_at_once(admin: Admin) -> None:
    li = await hire(admin, "auditor")
    admin.app.state.deps = replace(admin.deps, requires_totp=True)
    await enrolled(admin, admin.http)
    assert (await li.get("/api/merchants")).status_code == 200
    assert (await change(admin, role="finance")).status_code == 200
    assert (await li.get("/api/merchants")).json()["code"] == "totp_enrolment_required"
