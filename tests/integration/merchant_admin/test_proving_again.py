"""Sessions that are listed and ended, and people who prove again who they are."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from merchant_admin.domain.audit import Actor
from merchant_admin.domain.sessions import FRESH_FOR, csrf_token
from merchant_admin.flows.hashing import Checks
from merchant_admin.flows.read_model import apply
from merchant_admin.flows.users import change_own_password

from .conftest import PASSWORD, USERNAME, Admin, waiting_for_locks
from .people import Person, is_login
from .test_decisions import SEEN, decision, on_file
from .test_read_model import Story
from .test_refunds import payment, refund
from .test_second_factor import enrolled
from .test_sessions import log_in
from .test_users import LI, LIS_PASSWORD, NEW_PASSWORD, at_work, change, hire

LATER = FRESH_FOR + timedelta(seconds=1)


async def cookie_of(admin: Admin) -> dict[str, str]:
    token = (await log_in(admin)).json()["access_token"]
    csrf = csrf_token(admin.deps.session_keys, token)
    return {"Cookie": f"paymesh_session={token}", "X-CSRF-Token": csrf}


async def test_a_browser_that_was_left_open_configures_nothing_grave(admin: Admin) -> None:
    browser = await cookie_of(admin)
    body = {"username": LI, "password": PASSWORD, "role": "auditor"}
    fresh = await admin.anonymous.post("/api/users", json=body, headers=browser)
    assert fresh.status_code == 201
    admin.clock.ahead = LATER
    body |= {"username": "wang"}
    stale = await admin.anonymous.post("/api/users", json=body, headers=browser)
    assert (stale.status_code, stale.json()["code"]) == (401, "reauthentication_required")
    answer = await admin.anonymous.get("/api/users", headers=browser)
    assert answer.status_code == 200
    assert (await admin.http.post("/api/users", json=body)).status_code == 201


async def test_the_cookie_of_a_browser_is_no_bearer_token(admin: Admin) -> None:
    """Whoever sits at a browser that was left open can read its cookie, and programs are not asked
    again who they are."""
    person = await Person.logged_in(admin)
    token = person.headers["Cookie"].partition("=")[2]
    copied = {"Authorization": f"Bearer {token}"}
    assert (await admin.anonymous.get("/api/users", headers=copied)).status_code == 401
    answer = await admin.anonymous.get("/api/users", headers=person.headers)
    assert answer.status_code == 200


async def test_the_password_opens_it_again_for_ten_minutes(admin: Admin) -> None:
    browser = await cookie_of(admin)
    admin.clock.ahead = LATER
    path = "/api/session/reauthentication"
    wrong = await admin.anonymous.post(path, json={"password": "wrong"}, headers=browser)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")
    right = await admin.anonymous.post(path, json={"password": PASSWORD}, headers=browser)
    assert right.status_code == 204
    body = {"username": LI, "password": PASSWORD, "role": "auditor"}
    made = await admin.anonymous.post("/api/users", json=body, headers=browser)
    assert made.status_code == 201
    assert (await admin.audit(action="session.reauthenticated"))[0]["actor"] == USERNAME


async def test_whoever_has_a_second_factor_proves_with_both(admin: Admin) -> None:
    browser = await cookie_of(admin)
    token = browser["Cookie"].partition("=")[2]
    client = admin.calling_from("203.0.113.9")
    client.headers["Authorization"] = f"Bearer {token}"
    phone, _ = await enrolled(admin, client)
    admin.clock.ahead = LATER
    path = "/api/session/reauthentication"
    alone = await admin.anonymous.post(path, json={"password": PASSWORD}, headers=browser)
    assert (alone.status_code, alone.json()["code"]) == (401, "totp_required")
    both = {"password": PASSWORD, "totp": phone.code()}
    assert (await admin.anonymous.post(path, json=both, headers=browser)).status_code == 204


async def test_a_form_in_between_keeps_what_was_filled_in(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    admin.clock.ahead = LATER
    form = {"username": LI, "password": PASSWORD, "role": "auditor", "merchant_ids": ""}
    between = await person.send("users", **form)
    assert between.status_code == 401
    for kept in (f'value="{LI}"', 'action="/console/users"', 'name="password_again"'):
        assert kept in between.text
    wrong = await person.send("users", **form, password_again="wrong")
    assert (wrong.status_code, "is wrong" in wrong.text, LI in wrong.text) == (401, True, True)
    assert (await admin.http.get(f"/api/users/{LI}")).status_code == 404
    done = await person.send("users", **form, password_again=PASSWORD)
    assert done.headers["location"] == "/console/users?done=user_created"
    assert (await admin.http.get(f"/api/users/{LI}")).status_code == 200
    assert (await person.send("users", **{**form, "username": "wang"})).status_code == 303


async def test_a_large_refund_wants_to_know_and_a_small_one_does_not(admin: Admin) -> None:
    story = Story().paid()
    await apply(admin.deps, story.events)
    limit = admin.deps.refund_reauthentication_from
    paid = {**payment(), "payment_no": story.payment_no, "amount": 2 * limit}
    admin.trade_core.payment, admin.trade_core.refund = paid, refund()
    person, browser = await Person.logged_in(admin), await cookie_of(admin)
    admin.clock.ahead = LATER
    path = f"payments/{story.payment_no}/refunds"
    form = {"reason": "x", "merchant_refund_no": "r-1", "version": "0"}
    assert (await person.send(path, **form, amount="999.99")).status_code == 303
    between = await person.send(path, **form, amount="1000.00")
    assert (between.status_code, 'value="1000.00"' in between.text) == (401, True)
    body = {"amount": limit, "merchant_refund_no": "r-2"}
    api = await admin.anonymous.post(f"/api/{path}", json=body, headers=browser)
    assert api.json()["code"] == "reauthentication_required"
    assert len(admin.trade_core.asked) == 1
    proved = await person.send(path, **form, amount="1000.00", password_again=PASSWORD)
    assert proved.status_code == 303
    assert admin.trade_core.asked[-1]["wish"]["amount"] == limit


async def test_a_refund_in_another_currency_always_wants_to_know(admin: Admin) -> None:
    """The limit is in fen: what 99.999 KWD are worth no table here knows."""
    story = Story(currency="KWD").paid()
    await apply(admin.deps, story.events)
    paid = {**payment(), "payment_no": story.payment_no, "currency": "KWD"}
    admin.trade_core.payment, admin.trade_core.refund = paid, refund()
    person, browser = await Person.logged_in(admin), await cookie_of(admin)
    admin.clock.ahead = LATER
    path = f"payments/{story.payment_no}/refunds"
    form = {"reason": "x", "merchant_refund_no": "r-1", "version": "0", "amount": "1.200"}
    assert (await person.send(path, **form)).status_code == 401
    body = {"amount": 1200, "merchant_refund_no": "r-2"}
    api = await admin.anonymous.post(f"/api/{path}", json=body, headers=browser)
    assert (api.status_code, api.json()["code"]) == (401, "reauthentication_required")
    assert admin.trade_core.asked == []
    assert (await person.send(path, **form, password_again=PASSWORD)).status_code == 303
    assert len(admin.trade_core.asked) == 1


async def test_sessions_are_listed_and_ended_one_by_one_or_all(admin: Admin) -> None:
    li = await hire(admin, "auditor")
    li.headers["User-Agent"] = "Firefox"
    other = await at_work(admin)
    assert (await other.get("/api/sessions")).status_code == 200
    sessions = (await li.get("/api/sessions")).json()["items"]
    assert [it["ip"] for it in sessions] == ["203.0.113.9"] * 2
    assert all("httpx" in it["user_agent"] for it in sessions)
    newest = sessions[0]["session_id"]
    assert (await li.delete(f"/api/sessions/{newest}")).status_code == 204
    assert (await other.get("/api/sessions")).status_code == 401
    assert (await li.delete(f"/api/sessions/{newest}")).status_code == 404
    assert (await li.delete("/api/sessions")).status_code == 204
    assert (await li.get("/api/sessions")).status_code == 401


async def test_administrators_end_anyones_sessions_and_others_their_own(admin: Admin) -> None:
    li, wang = await hire(admin, "auditor"), await hire(admin, "operator", "wang")
    path = f"/api/users/{LI}/sessions"
    [session] = (await admin.http.get(path)).json()["items"]
    assert (await wang.get(path)).status_code == 403
    assert (await wang.delete(f"/api/sessions/{session['session_id']}")).status_code == 404
    assert (await li.get("/api/merchants")).status_code == 200
    assert (await admin.http.delete(f"{path}/{session['session_id']}")).status_code == 204
    assert (await li.get("/api/merchants")).status_code == 401
    li = await at_work(admin)
    assert (await admin.http.delete(path)).status_code == 204
    assert (await li.get("/api/merchants")).status_code == 401
    assert (await admin.http.get("/api/users/nobody/sessions")).status_code == 404


async def test_the_pages_list_sessions_and_end_them(admin: Admin) -> None:
    li = await Person.hired(admin, "auditor")
    again = await Person.logged_in(admin, "auditor")
    page = await li.open_page("account")
    assert page.count("/sessions/") == 2
    found = re.search(r"account/sessions/([0-9a-f-]{36})/end", page)
    assert found is not None
    await li.send(f"account/sessions/{found.group(1)}/end")
    assert is_login((await again.get("account")).headers["location"])
    boss = await Person.logged_in(admin)
    assert "203.0.113.9" in await boss.open_page("users/auditor")
    await boss.send("users/auditor/sessions/end")
    assert is_login((await li.get("account")).headers["location"])


async def test_a_page_left_open_ends_nobodys_sessions(admin: Admin) -> None:
    li = await Person.hired(admin, "auditor")
    boss = await Person.logged_in(admin)
    found = re.search(
        r"users/auditor/sessions/[0-9a-f-]{36}/end", await boss.open_page("users/auditor")
    )
    assert found is not None
    admin.clock.ahead = LATER
    for path in (found.group(), "users/auditor/sessions/end"):
        asked = await boss.send(path)
        assert (asked.status_code, "password_again" in asked.text) == (401, True)
    assert (await li.get("account")).status_code == 200


@contextmanager
def another_replica(admin: Admin) -> Iterator[None]:
    """Calls go to it, which has nothing in memory yet."""
    admin.app.state.deps = replace(admin.deps, checks=Checks())
    try:
        yield
    finally:
        admin.app.state.deps = admin.deps


async def proves(client: httpx.AsyncClient, password: str) -> int:
    answer = await client.post("/api/session/reauthentication", json={"password": password})
    return answer.status_code


async def test_a_password_that_was_changed_elsewhere_proves_nothing_any_more(admin: Admin) -> None:
    await hire(admin, "operator")
    with another_replica(admin):
        await change(admin, password=NEW_PASSWORD)
        token = (await log_in(admin, LI, NEW_PASSWORD)).json()["access_token"]
    li = admin.calling_from("203.0.113.9")
    li.headers["Authorization"] = f"Bearer {token}"
    assert await proves(li, LIS_PASSWORD) == 401
    own = {"password": LIS_PASSWORD, "new_password": f"{NEW_PASSWORD}, a third"}
    answer = await li.put("/api/password", json=own)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/password")
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 401
    assert await proves(li, NEW_PASSWORD) == 204


@pytest.mark.parametrize("username", [LI, USERNAME], ids=["a user", "the environment's"])
async def test_a_password_that_was_refused_for_somebody_proves_nothing(
    admin: Admin, username: str
) -> None:
    await hire(admin, "admin")
    victim = admin.http if username == USERNAME else await at_work(admin)
    user = {"username": username, "password": NEW_PASSWORD, "role": "auditor"}
    assert (await admin.http.post("/api/users", json=user)).status_code == 422
    assert await proves(victim, NEW_PASSWORD) == 401
    unknown = {"merchant_ids": ["M01JD0000000000000000000000"]}
    changed = await change(admin, username, password=NEW_PASSWORD, role="auditor", **unknown)
    assert changed.status_code == 422
    assert await proves(victim, NEW_PASSWORD) == 401


async def test_of_two_who_change_a_password_at_once_one_knew_it(admin: Admin) -> None:
    """What both gave was right when it was looked at."""
    await hire(admin, "operator")
    actor = Actor(username=LI, ip="", request_id="")
    async with admin.deps.db.transaction() as tx:
        await tx.execute("select from admin_user where username = $1 for update", LI)
        changing = [
            asyncio.create_task(
                change_own_password(admin.deps, actor, password=LIS_PASSWORD, new_password=new)
            )
            for new in (NEW_PASSWORD, f"{NEW_PASSWORD}, a third")
        ]
        await waiting_for_locks(admin.deps.db, 2)
    done = await asyncio.gather(*changing, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["NoneType", "Unusable"]


async def test_a_browser_that_was_left_open_decides_on_no_large_refund(admin: Admin) -> None:
    browser = await cookie_of(admin)
    admin.trade_core.payment = on_file("conflicted")
    url = f"/api/payments/{admin.trade_core.payment['payment_no']}/decision"
    admin.clock.ahead = LATER
    large = SEEN | {"amount": admin.deps.refund_reauthentication_from}
    body = decision(decision="refund", claim=large)
    stale = await admin.anonymous.post(url, json=body, headers=browser)
    assert (stale.status_code, stale.json()["code"]) == (401, "reauthentication_required")
    assert admin.trade_core.decided == []
    accepted = decision(claim=large)
    assert (await admin.anonymous.post(url, json=accepted, headers=browser)).status_code == 200
