"""Invitations: a link, once, for three days, with which somebody sets a password of their own."""

import asyncio
import re
from datetime import timedelta

from .conftest import PASSWORD, USERNAME, Admin
from .people import Person
from .test_sessions import log_in
from .test_users import LI, LIS_PASSWORD, change, hire


async def invited(admin: Admin, username: str = LI) -> str:
    """The token of the link."""
    made = await admin.post("/api/users", {"username": username, "role": "auditor"})
    assert made["invited"] is True
    url: str = made["invitation"]["url"]
    assert url.startswith("http://admin.test/console/invitations/")
    return url.rpartition("/")[2]


async def accept(admin: Admin, token: str, password: str = LIS_PASSWORD) -> int:
    body = {"token": token, "password": password}
    return (await admin.anonymous.post("/api/invitations", json=body)).status_code


async def test_whoever_is_invited_sets_a_password_and_logs_in(admin: Admin) -> None:
    token = await invited(admin)
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 401
    assert await accept(admin, token) == 204
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 201
    assert (await admin.http.get(f"/api/users/{LI}")).json()["invited"] is False
    entries = await admin.audit(entity_id=LI)
    assert [it["action"] for it in entries][-3:] == ["user.updated", "user.invited", "user.created"]
    assert (entries[-3]["actor"], entries[-3]["after"]["password"]) == (LI, "changed")
    assert token not in str(entries)


async def test_no_request_says_where_the_link_leads(admin: Admin) -> None:
    """Whoever could name the host sent the invited person, and their password, to a site of
    theirs."""
    strange = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    body = {"username": LI, "role": "auditor"}
    made = await admin.http.post("/api/users", json=body, headers=strange)
    assert made.status_code == 201, made.text
    again = await admin.http.post(f"/api/users/{LI}/invitation", headers=strange)
    for url in (made.json()["invitation"]["url"], again.json()["url"]):
        assert url.startswith("http://admin.test/console/invitations/")


async def test_a_link_is_good_once_also_for_two_at_the_same_time(admin: Admin) -> None:
    token = await invited(admin)
    both = await asyncio.gather(accept(admin, token), accept(admin, token, PASSWORD))
    assert sorted(both) == [204, 404]
    assert await accept(admin, token) == 404


async def test_a_link_ends_after_three_days(admin: Admin) -> None:
    token = await invited(admin)
    admin.clock.ahead = timedelta(hours=72, seconds=1)
    assert await accept(admin, token) == 404


async def test_a_weak_password_does_not_use_it_up(admin: Admin) -> None:
    token = await invited(admin)
    for weak in ("short", "password1234", f"{LI}-{LI}-1"):
        assert await accept(admin, token, weak) == 422
    assert await accept(admin, token) == 204


async def test_another_link_a_password_and_being_disabled_end_the_one_before(admin: Admin) -> None:
    tokens = [await invited(admin)]
    for _ in range(2):
        again = await admin.post(f"/api/users/{LI}/invitation", {})
        tokens.append(again["url"].rpartition("/")[2])
    assert await accept(admin, tokens[0]) == 404
    await change(admin, disabled=True)
    assert await accept(admin, tokens[2]) == 404
    refused = await admin.http.post(f"/api/users/{LI}/invitation")
    assert refused.status_code == 422
    await change(admin, disabled=False)
    assert await accept(admin, tokens[2]) == 404


async def test_a_link_for_a_forgotten_password_ends_the_sessions_of_the_old_one(
    admin: Admin,
) -> None:
    li = await hire(admin, "auditor")
    again = await admin.post(f"/api/users/{LI}/invitation", {})
    assert (await li.get("/api/merchants")).status_code == 200
    assert await accept(admin, again["url"].rpartition("/")[2], PASSWORD) == 204
    assert (await li.get("/api/merchants")).status_code == 401
    assert (await log_in(admin, LI, PASSWORD)).status_code == 201


async def test_the_environments_administrator_is_not_invited(admin: Admin) -> None:
    assert (await admin.http.post(f"/api/users/{USERNAME}/invitation")).status_code == 422
    assert (await admin.http.post("/api/users/nobody/invitation")).status_code == 404


async def test_the_link_leads_to_a_page_that_is_used_up_by_its_form_only(admin: Admin) -> None:
    boss = await Person.logged_in(admin)
    shown = (await boss.send("users", username=LI, role="auditor", password="")).text
    found = re.search(r"<code>http://admin.test(/console/invitations/[\w-]+)</code>", shown)
    assert found is not None
    assert found.group(1) not in await boss.open_page(f"users/{LI}")
    path, english = found.group(1), {"Accept-Language": "en"}
    for _ in range(2):
        page = await admin.anonymous.get(path, headers=english)
        assert LI in page.text
    form = {"password": LIS_PASSWORD, "password_again": PASSWORD}
    differ = await admin.anonymous.post(path, data=form, headers=english)
    assert (differ.status_code, "differ" in differ.text) == (422, True)
    weak = {"password": "password1234", "password_again": "password1234"}
    assert (await admin.anonymous.post(path, data=weak)).status_code == 422
    form["password_again"] = LIS_PASSWORD
    done = await admin.anonymous.post(path, data=form)
    assert (done.status_code, done.headers["location"]) == (
        303,
        "/console/login?done=password_saved",
    )
    over = await admin.anonymous.get(path, headers=english)
    assert (over.status_code, "was used or has expired" in over.text) == (404, True)
