"""Users and their roles: what each may, and how fast it is over."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.config import Config

from chassis import migrations
from contracts.identifiers import new_id
from merchant_admin.domain.audit import SYSTEM
from merchant_admin.domain.sessions import NewSession
from merchant_admin.flows.recording import record_action
from merchant_admin.flows.users import ensure_administrator
from merchant_admin.store.guessing import find_password_hash
from merchant_admin.store.sessions import add_session

from .conftest import PASSWORD, USERNAME, Admin, waiting_for_locks
from .test_sessions import log_in

LI = "li.na"
LIS_PASSWORD = "a password of li's"
NEW_PASSWORD = "another password of li's"

REFUND_BODY = {"amount": 1, "merchant_refund_no": "r-1"}
REFUND = f"/api/payments/{new_id('payment')}/refunds"


async def hire(admin: Admin, role: str, username: str = LI) -> httpx.AsyncClient:
    """A new user, logged in by bearer token."""
    await admin.post("/api/users", {"username": username, "password": LIS_PASSWORD, "role": role})
    return await at_work(admin, username)


async def at_work(admin: Admin, username: str = LI) -> httpx.AsyncClient:
    token = (await log_in(admin, username, LIS_PASSWORD)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    transport = admin.anonymous._transport
    return httpx.AsyncClient(transport=transport, base_url="http://admin.test", headers=headers)


async def change(admin: Admin, username: str = LI, **request: Any) -> httpx.Response:
    return await admin.http.patch(f"/api/users/{username}", json=request)


async def test_a_viewer_looks_and_does_nothing_else(admin: Admin) -> None:
    viewer = await hire(admin, "viewer")
    assert (await viewer.get("/api/merchants")).status_code == 200
    for path in (REFUND, "/api/dead-letters/7/replay", "/api/merchants", "/api/users"):
        answer = await viewer.post(path, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert admin.trade_core.asked == []


async def test_an_operator_operates_and_configures_nothing(admin: Admin) -> None:
    operator = await hire(admin, "operator")
    assert (await operator.post(REFUND, json=REFUND_BODY)).status_code == 404
    for path in ("/api/merchants", "/api/apps", "/api/users"):
        assert (await operator.post(path, json={})).status_code == 403
    assert (await operator.get("/api/users")).status_code == 403


async def test_a_refusal_names_what_is_missing_and_reads_no_body(admin: Admin) -> None:
    viewer = await hire(admin, "viewer")
    answer = await viewer.post(REFUND, content=b"junk")
    assert answer.headers["content-type"] == "application/problem+json"
    detail = "This needs the right to refund, which the role auditor does not have."
    assert answer.json()["detail"] == detail


async def test_a_role_holds_from_the_next_request_on(admin: Admin) -> None:
    li = await hire(admin, "admin")
    assert (await li.get("/api/users")).status_code == 200
    answer = await change(admin, role="viewer")
    assert (answer.status_code, answer.json()["role"]) == (200, "auditor")
    assert (await li.get("/api/users")).status_code == 403
    assert (await li.get("/api/merchants")).status_code == 200
    await change(admin, role="operator")
    assert (await li.post(REFUND, json=REFUND_BODY)).status_code == 404


async def test_who_is_disabled_is_out_at_once_and_stays_out(admin: Admin) -> None:
    li = await hire(admin, "operator")
    answer = await change(admin, disabled=True)
    assert answer.json()["disabled"] is True
    assert (await li.get("/api/merchants")).status_code == 401
    refused = await log_in(admin, LI, LIS_PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")

    assert (await change(admin, disabled=False)).json()["disabled_at"] is None
    assert (await li.get("/api/merchants")).status_code == 401
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 201


async def test_a_new_password_ends_the_sessions_of_the_old_one(admin: Admin) -> None:
    li = await hire(admin, "viewer")
    await change(admin, password=NEW_PASSWORD)
    assert (await li.get("/api/merchants")).status_code == 401
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 401
    assert (await log_in(admin, LI, NEW_PASSWORD)).status_code == 201


async def test_people_change_their_own_password_and_are_logged_out(admin: Admin) -> None:
    li = await hire(admin, "viewer")
    request = {"password": LIS_PASSWORD, "new_password": NEW_PASSWORD}
    for field, wrong in (("password", "wrong"), ("new_password", "short")):
        answer = await li.put("/api/password", json={**request, field: wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    assert (await li.put("/api/password", json=request)).status_code == 204
    assert (await li.get("/api/merchants")).status_code == 401
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 401
    assert (await log_in(admin, LI, NEW_PASSWORD)).status_code == 201
    changed = (await admin.audit(entity_id=LI, action="user.updated"))[0]
    assert (changed["actor"], changed["after"]["password"]) == (LI, "changed")


async def test_nobody_guesses_a_password_with_a_session_that_was_left_open(admin: Admin) -> None:
    li = await hire(admin, "viewer")
    request = {"password": "wrong", "new_password": NEW_PASSWORD}
    for status in [422] * 5 + [429]:
        assert (await li.put("/api/password", json=request)).status_code == status


async def test_guessing_a_users_password_is_limited_too(admin: Admin) -> None:
    await hire(admin, "viewer")
    for status in [401] * 5 + [429]:
        assert (await log_in(admin, LI, "wrong")).status_code == status
    assert (await log_in(admin, LI, LIS_PASSWORD)).status_code == 201


@pytest.mark.parametrize(
    "password",
    ["short", "a" * 40, "AAAaaaAAAaaa", "li.na li.na", "li.na-li.na-1", "password1234",
     "123456789012", "1q2w3e4r5t6y", "administrator"],
)  # fmt: skip
async def test_a_weak_password_is_refused_wherever_one_is_set(admin: Admin, password: str) -> None:
    body = {"username": LI, "password": password, "role": "viewer"}
    answers = [await admin.http.post("/api/users", json=body)]
    li = await hire(admin, "viewer")
    answers.append(await change(admin, password=password))
    for answer in answers:
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/password")
    request = {"password": LIS_PASSWORD, "new_password": password}
    answer = await li.put("/api/password", json=request)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/new_password")


async def test_the_environments_administrator_cannot_be_locked_out(admin: Admin) -> None:
    li = await hire(admin, "admin")
    for field, value in {"role": "viewer", "password": NEW_PASSWORD, "disabled": True}.items():
        answer = await li.patch(f"/api/users/{USERNAME}", json={field: value})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    own = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await admin.http.put("/api/password", json=own)).status_code == 422
    assert (await admin.http.get("/api/users")).status_code == 200
    assert (await log_in(admin)).status_code == 201


async def test_a_user_whom_the_environment_appoints_is_an_admin(admin: Admin) -> None:
    li = await hire(admin, "viewer")
    await change(admin, disabled=True)
    await ensure_administrator(admin.deps, LI, LIS_PASSWORD)
    assert (await li.get("/api/users")).status_code == 401
    li = await at_work(admin)
    users = {user["username"]: user for user in (await li.get("/api/users")).json()["items"]}
    assert (users[LI]["role"], users[LI]["is_from_environment"]) == ("administrator", True)
    assert (users[USERNAME]["disabled"], users[USERNAME]["is_from_environment"]) == (True, False)


async def test_of_two_starts_that_appoint_different_people_one_counts(admin: Admin) -> None:
    """While a deployment changes the name, replicas of before and after may start at once."""
    db = admin.deps.db
    async with asyncio.TaskGroup() as group, db.transaction() as tx:
        await tx.execute("select from admin_user where username = $1 for update", USERNAME)
        for name in (LI, "wang.wei"):
            group.create_task(ensure_administrator(admin.deps, name, LIS_PASSWORD))
        await waiting_for_locks(db, 2)
    async with db.connection() as tx:
        users = await tx.fetch("select is_from_environment, disabled_at is null from admin_user")
    assert sorted(map(tuple, users)) == [(False, False), (False, False), (True, True)]


@pytest.mark.parametrize(
    "locking",
    [
        "select from admin_user where username = $1 for update",
        "delete from session where username = $1",
        "delete from second_factor where username = $1",
    ],
)
async def test_a_start_and_a_change_of_whom_it_appoints_wait_for_each_other_in_no_circle(
    admin: Admin, locking: str
) -> None:
    """Whatever a change of theirs locks, it does before it writes the audit."""
    li, db = await hire(admin, "viewer"), admin.deps.db
    assert (await li.post("/api/totp")).status_code == 201
    async with asyncio.TaskGroup() as group, db.transaction() as tx:
        await tx.execute(locking, LI)
        group.create_task(ensure_administrator(admin.deps, LI, NEW_PASSWORD))
        await waiting_for_locks(db, 1)
        await record_action(tx, SYSTEM, "user.seen", at=admin.clock(), entity_id=LI, after={})
    async with db.connection() as tx:
        users = await tx.fetch("select username from admin_user where is_from_environment")
    assert [tuple(user) for user in users] == [(LI,)]


async def test_every_change_of_a_user_is_audited_without_the_password(admin: Admin) -> None:
    await hire(admin, "viewer")
    await change(admin, role="operator")
    await change(admin, role="operator", disabled=False)
    await change(admin, password=NEW_PASSWORD)
    password, role, session, created = await admin.audit(entity_id=LI)
    assert (created["action"], created["actor"], created["before"]) == (
        "user.created",
        USERNAME,
        None,
    )
    assert session["action"] == "session.created"
    assert (role["before"]["role"], role["after"]["role"]) == ("auditor", "operator")
    assert password["after"]["password"] == "changed"
    for entry in (password, role, created):
        assert LIS_PASSWORD not in str(entry)
        assert "argon2" not in str(entry)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"username": "Li"}, "/username"),
        ({"username": "li na"}, "/username"),
        ({"username": "system"}, "/username"),
        ({"username": USERNAME}, "/username"),
        ({"password": "elevenchars"}, "/password"),
        ({"role": "owner"}, "/role"),
        ({"rights": "all"}, "/rights"),
    ],
    ids=str,
)
async def test_a_user_that_cannot_be_is_pointed_at(
    admin: Admin, changes: dict[str, str], pointer: str
) -> None:
    request = {"username": LI, "password": LIS_PASSWORD, "role": "viewer", **changes}
    answer = await admin.http.post("/api/users", json=request)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_users_are_listed_by_name_page_by_page(admin: Admin) -> None:
    for name in ("zhang", "chen"):
        await hire(admin, "viewer", name)
    first = (await admin.http.get("/api/users", params={"limit": 2})).json()
    assert [user["username"] for user in first["items"]] == ["admin", "chen"]
    query = {"after": first["next_cursor"]}
    second = (await admin.http.get("/api/users", params=query)).json()
    assert [user["username"] for user in second["items"]] == ["zhang"]
    assert "password" not in str(first)
    assert (await admin.http.get("/api/users/chen")).json() == first["items"][1]
    for name in ("nobody", "%00", "x" * 65):
        assert (await admin.http.get(f"/api/users/{name}")).status_code == 404
        assert (await change(admin, name, role="viewer")).status_code == 404
    assert (await admin.http.get("/api/users", params={"after": "AA"})).status_code == 422


async def test_a_login_that_meets_its_end_makes_no_session(admin: Admin) -> None:
    """The password was right when it was looked at, and the user is disabled before the session."""
    await hire(admin, "viewer")
    db, now = admin.deps.db, admin.clock()
    async with db.connection() as tx:
        password_hash = await find_password_hash(tx, LI)
    assert password_hash is not None
    session = NewSession(LI, "token", now)

    async def add() -> bool:
        async with db.transaction() as tx:
            return await add_session(
                tx, b"digest", session, password_hash=password_hash, ip="", now=now
            )

    async with db.transaction() as tx:
        await tx.execute("update admin_user set disabled_at = now() where username = $1", LI)
        adding = asyncio.create_task(add())
    assert not await adding


async def test_whoever_could_log_in_before_there_were_roles_is_an_admin(postgres_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", "merchant_admin:migrations")
    config.attributes["database_url"] = postgres_url
    await asyncio.to_thread(command.upgrade, config, "0004")
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("insert into administrator values ('boss', 'hash', now())")
        await connection.execute(
            "insert into session values ('\\x01', 'boss', '', now(), now() + interval '1 hour')"
        )
        await asyncio.to_thread(migrations.upgrade, "merchant_admin", postgres_url)
        users = await connection.fetch(
            "select username, role, is_from_environment, disabled_at from admin_user"
        )
        assert [tuple(user) for user in users] == [("boss", "administrator", True, None)]
        assert await connection.fetchval("select count(*) from session") == 1
    finally:
        await connection.close()


async def test_the_first_start_keeps_the_password_it_finds(admin: Admin) -> None:
    await ensure_administrator(admin.deps, USERNAME, PASSWORD)
    assert [entry["action"] for entry in await admin.audit(entity_id=USERNAME)] == [
        "session.created",
        "user.created",
    ]
