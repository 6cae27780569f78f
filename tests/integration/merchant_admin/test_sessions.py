"""Who may come in: passwords, tokens, cookies, and how often one may guess."""

from dataclasses import replace
from datetime import timedelta

import httpx

from merchant_admin.domain import sessions as rules
from merchant_admin.flows.sessions import forget_expired
from merchant_admin.flows.users import ensure_administrator

from .conftest import PASSWORD, USERNAME, Admin


async def log_in(
    admin: Admin, username: str = USERNAME, password: str = PASSWORD
) -> httpx.Response:
    body = {"username": username, "password": password}
    return await admin.anonymous.post("/api/session", json=body)


async def test_without_a_session_nothing_is_answered(admin: Admin) -> None:
    paths = ("merchants", "apps", "orders", "payments", "refunds", "channels", "audit")
    for path in paths:
        for authorization in (None, "Bearer x", "Basic YWRtaW46YWRtaW4=", "Bearer "):
            headers = {"Authorization": authorization} if authorization else {}
            answer = await admin.anonymous.get(f"/api/{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_unauthenticated_write_is_refused_before_its_body_is_read(admin: Admin) -> None:
    answer = await admin.anonymous.post("/api/merchants", content=b"junk")
    assert answer.status_code == 401


async def test_a_wrong_name_and_a_wrong_password_look_the_same(admin: Admin) -> None:
    answers = [await log_in(admin, "nobody"), await log_in(admin, password="wrong")]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_a_session_ends_after_a_working_day(admin: Admin) -> None:
    token = (await log_in(admin)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    while admin.clock.ahead < rules.LIFETIME - rules.IDLE_LIMIT:
        assert (await admin.anonymous.get("/api/apps", headers=headers)).status_code == 200
        admin.clock.ahead += rules.IDLE_LIMIT - timedelta(seconds=70)
    admin.clock.ahead = rules.LIFETIME
    assert (await admin.anonymous.get("/api/apps", headers=headers)).status_code == 401
    await forget_expired(admin.deps)
    async with admin.deps.db.connection() as tx:
        assert await tx.fetchval("select count(*) from session") == 0


async def test_a_session_ends_when_nobody_uses_it(admin: Admin) -> None:
    admin.clock.ahead = rules.IDLE_LIMIT + timedelta(seconds=1)
    assert (await admin.http.get("/api/apps")).status_code == 401


async def test_how_long_a_session_lasts_is_a_setting(admin: Admin) -> None:
    terms = rules.SessionTerms(timedelta(hours=1), timedelta(minutes=2))
    admin.app.state.deps = replace(admin.deps, sessions=terms)
    token = (await log_in(admin)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    admin.clock.ahead = timedelta(minutes=1, seconds=50)
    assert (await admin.anonymous.get("/api/apps", headers=headers)).status_code == 200
    admin.clock.ahead = timedelta(minutes=4)
    assert (await admin.anonymous.get("/api/apps", headers=headers)).status_code == 401


async def test_logging_out_ends_the_session(admin: Admin) -> None:
    assert (await admin.http.delete("/api/session")).status_code == 204
    assert (await admin.http.get("/api/apps")).status_code == 401
    async with admin.deps.db.connection() as tx:
        actions = await tx.fetchval("select array_agg(action order by id) from audit")
    assert actions == ["user.created", "session.created", "session.ended"]


async def test_a_new_password_logs_everybody_out(admin: Admin) -> None:
    await ensure_administrator(admin.deps, USERNAME, PASSWORD)
    assert (await admin.http.get("/api/apps")).status_code == 200
    await ensure_administrator(admin.deps, USERNAME, "another good password")
    assert (await admin.http.get("/api/apps")).status_code == 401
    assert (await log_in(admin)).status_code == 401
    assert (await log_in(admin, password="another good password")).status_code == 201


async def test_the_environment_has_one_administrator(admin: Admin) -> None:
    await ensure_administrator(admin.deps, "boss", PASSWORD)
    assert (await admin.http.get("/api/apps")).status_code == 401
    assert (await log_in(admin)).status_code == 401
    assert (await log_in(admin, "boss")).status_code == 201


async def test_a_write_with_the_cookie_needs_the_csrf_token(admin: Admin) -> None:
    token = (await log_in(admin)).json()["access_token"]
    cookie = {"Cookie": f"paymesh_session={token}"}
    csrf = rules.csrf_token(admin.deps.session_keys, token)
    for given in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": csrf[:-1]}):
        answer = await admin.anonymous.post(
            "/api/merchants", json={"name": "x"}, headers={**cookie, **given}
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert await admin.events() == []

    assert (await admin.anonymous.get("/api/merchants", headers=cookie)).status_code == 200
    answer = await admin.anonymous.post(
        "/api/merchants", json={"name": "x"}, headers={**cookie, "X-CSRF-Token": csrf}
    )
    assert answer.status_code == 201


async def test_a_session_of_the_former_key_lives_until_that_key_is_gone(admin: Admin) -> None:
    old, new = admin.deps.session_keys[0], b"the session key that replaces it, as long"
    token = admin.http.headers["Authorization"].removeprefix("Bearer ")
    csrf_before = rules.csrf_token([old], token)
    cookie = {"Cookie": f"paymesh_session={token}"}

    async def status(**headers: str) -> int:
        answer = await admin.anonymous.post(
            "/api/merchants", json={"name": "x"}, headers={**cookie, **headers}
        )
        return answer.status_code

    admin.app.state.deps = replace(admin.deps, session_keys=(new, old))
    assert (await admin.http.get("/api/apps")).status_code == 200
    for csrf in (csrf_before, rules.csrf_token([new, old], token)):
        assert await status(**{"X-CSRF-Token": csrf}) == 201
    later = (await log_in(admin)).json()["access_token"]

    admin.app.state.deps = replace(admin.deps, session_keys=(new,))
    assert (await admin.http.get("/api/apps")).status_code == 401
    assert await status(**{"X-CSRF-Token": csrf_before}) == 401
    bearer = {"Authorization": f"Bearer {later}"}
    assert (await admin.anonymous.get("/api/apps", headers=bearer)).status_code == 200
    admin.app.state.deps = replace(admin.deps, session_keys=(old, new))
    assert (await admin.anonymous.delete("/api/session", headers=bearer)).status_code == 204
    assert (await admin.anonymous.get("/api/apps", headers=bearer)).status_code == 401


async def test_answers_are_not_kept_by_anybody(admin: Admin) -> None:
    assert (await admin.http.get("/api/apps")).headers["Cache-Control"] == "no-store"
    assert (await log_in(admin)).headers["Cache-Control"] == "no-store"
