"""The pages for people."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from merchant_admin.domain.sessions import HOST_SESSION_COOKIE
from merchant_admin.flows.read_model import apply

from .conftest import PASSWORD, USERNAME, Admin
from .people import Person, is_login
from .test_read_model import Story
from .test_roll_ups import PaidLater

EVIL = "<script>alert(1)</script>"


async def log_in(admin: Admin, **headers: str) -> httpx.Response:
    return await admin.anonymous.post(
        "/console/login", data={"username": USERNAME, "password": PASSWORD}, headers=headers
    )


async def test_the_root_leads_to_the_page_and_the_page_to_the_login(admin: Admin) -> None:
    root = await admin.anonymous.get("/")
    assert (root.status_code, root.headers["location"]) == (303, "/console")
    for page in ("", "payments", "orders", "merchants", "payments/P1"):
        answer = await admin.anonymous.get(f"/console/{page}".rstrip("/"))
        assert (answer.status_code, is_login(answer.headers["location"])) == (303, True)


async def test_a_person_logs_in_looks_and_logs_out(admin: Admin) -> None:
    answer = await log_in(admin)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = answer.headers["set-cookie"]
    for attribute in ("HttpOnly", "SameSite=strict", "Secure", "Path=/"):
        assert attribute in cookie
    headers = {"Cookie": cookie.partition(";")[0]}
    page = await admin.anonymous.get("/console/payments", headers=headers)
    assert page.status_code == 200
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert csrf is not None

    refused = await admin.anonymous.post("/console/logout", data={"csrf": "x"}, headers=headers)
    assert refused.status_code == 401
    left = await admin.anonymous.post(
        "/console/logout", data={"csrf": csrf.group(1)}, headers=headers
    )
    assert left.headers["location"] == "/console/login"
    again = await admin.anonymous.get("/console/payments", headers=headers)
    assert again.status_code == 303


async def test_behind_https_the_cookie_is_bound_to_this_host_and_to_tls(admin: Admin) -> None:
    deps = replace(admin.deps, session_cookie=HOST_SESSION_COOKIE)
    admin.app.state.deps = deps
    async with httpx.AsyncClient(
        transport=admin.anonymous._transport, base_url="http://127.0.0.1"
    ) as local:
        form = {"username": USERNAME, "password": PASSWORD}
        cookie = (await local.post("/console/login", data=form)).headers["set-cookie"]
        assert cookie.startswith("__Host-paymesh_session=")
        assert {"Secure", "Path=/", "HttpOnly"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        page = await local.get("/console/payments", headers={"Cookie": cookie.partition(";")[0]})
        assert page.status_code == 200
        plain = cookie.partition(";")[0].removeprefix("__Host-")
        assert (await local.get("/console/payments", headers={"Cookie": plain})).status_code == 303


async def test_a_wrong_password_is_said_on_the_page(admin: Admin) -> None:
    for status in [401] * 5 + [429]:
        answer = await admin.anonymous.post(
            "/console/login", data={"username": USERNAME, "password": "wrong"}
        )
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
        assert "wrong" not in answer.text.replace("wrong_password", "")


@pytest.mark.parametrize(
    "says",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://admin.test"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://admin.test.evil.example"},
        {"Origin": "http://evil.example@["},
        {"Origin": "null"},
    ],
)
async def test_another_site_cannot_log_somebody_in(admin: Admin, says: dict[str, str]) -> None:
    answer = await log_in(admin, **says)
    assert answer.headers["location"] == "/console/login"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "address", ["http://admin.test", "http://admin.test:8080", "https://admin.example"]
)
async def test_a_browser_that_says_only_its_origin_logs_in_from_a_page_of_ours(
    admin: Admin, address: str
) -> None:
    """Also behind a proxy that leaves out the port, or that names itself."""
    admin.app.state.deps = replace(admin.deps, console_url="https://admin.example")
    assert "set-cookie" in (await log_in(admin, Origin=address)).headers


async def session_of(admin: Admin) -> dict[str, str]:
    return {"Cookie": (await log_in(admin)).headers["set-cookie"].partition(";")[0]}


async def test_names_and_subjects_are_escaped_everywhere(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": EVIL}))["merchant_id"]
    story = Story(merchant_id=merchant_id, subject=EVIL).paid().refunded()
    await apply(admin.deps, story.events)
    headers = await session_of(admin)
    for page in ("payments", "orders", "merchants", f"payments/{story.payment_no}"):
        html = (await admin.anonymous.get(f"/console/{page}", headers=headers)).text
        assert "<script>" not in html, page
        assert "&lt;script&gt;" in html, page
    query = {"number": f'"><b>{EVIL}', "state": "pending"}
    html = (await admin.anonymous.get("/console/payments", params=query, headers=headers)).text
    assert "<script>" not in html
    assert "<b>" not in html


async def test_pages_allow_nothing_foreign(admin: Admin) -> None:
    answer = await admin.anonymous.get("/console/login")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    assert "style=" not in answer.text
    for asset in ("console.css", "tokens.css", "icon.svg", "copy.js", "keys.js"):
        assert (await admin.anonymous.get(f"/console/static/{asset}")).status_code == 200


async def test_the_page_speaks_the_readers_language(admin: Admin) -> None:
    async def page(path: str = "/console/login", **headers: str) -> httpx.Response:
        return await admin.anonymous.get(path, headers=headers)

    assert 'lang="zh-CN"' in (await page()).text
    assert 'lang="en"' in (await page(**{"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"})).text
    asked = await page("/console/login?lang=en")
    assert "Log in" in asked.text
    kept = asked.headers["set-cookie"].partition(";")[0]
    assert "Log in" in (await page(Cookie=kept)).text


async def test_payments_are_searched_and_told_in_yuan_and_beijing_time(admin: Admin) -> None:
    story, other = Story().paid(), Story().paid()
    await apply(admin.deps, [*story.events, *other.events])
    headers = await session_of(admin)
    query = {"number": story.merchant_order_no, "state": "succeeded"}
    html = (await admin.anonymous.get("/console/payments", params=query, headers=headers)).text
    assert story.payment_no in html
    assert other.payment_no not in html
    assert "¥12.99" in html
    assert "2026-11-22 16:00:00" in html


async def test_payments_are_listed_with_when_they_were_paid(admin: Admin) -> None:
    await apply(admin.deps, PaidLater(timedelta(days=1)).paid().events)
    page = await (await Person.logged_in(admin)).open_page("payments")
    assert "2026-11-22 16:00:00" in page
    assert "2026-11-23 16:00:00" in page


async def test_a_payment_page_shows_the_three_numbers(admin: Admin) -> None:
    story = Story().paid().refunded()
    await apply(admin.deps, story.events)
    headers = await session_of(admin)
    html = (
        await admin.anonymous.get(f"/console/payments/{story.payment_no}", headers=headers)
    ).text
    for number in (
        story.merchant_order_no,
        story.payment_no,
        f"42{story.payment_no}",
        story.refund_no,
    ):
        assert number in html
    for path in ("payments/P1", "payments/%00", f"payments/P{'0' * 26}"):
        answer = await admin.anonymous.get(f"/console/{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (
            404, "text/html; charset=utf-8",
        )  # fmt: skip


async def test_every_error_is_a_page_with_its_request_id_and_a_way_on(admin: Admin) -> None:
    headers = {**await session_of(admin), "Accept-Language": "en", "X-Request-Id": "look-for-me"}
    for path, status in (
        ("/console/nowhere", 404),
        ("/console/payments?after=x", 422),
        ("/console/payments/P1", 404),
        ("/console/reconciliations/x", 404),
    ):
        answer = await admin.anonymous.get(path, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (
            status, "text/html; charset=utf-8",
        )  # fmt: skip
        for shown in ("look-for-me", 'href="/console"', 'lang="en"'):
            assert shown in answer.text, (path, shown)
    stale = await admin.anonymous.post("/console/logout", data={"csrf": "x"}, headers=headers)
    assert (stale.status_code, "out of date" in stale.text) == (401, True)
    api = await admin.anonymous.get("/api/nowhere")
    assert api.headers["content-type"] == "application/problem+json"


async def test_what_nobody_expected_is_a_page_after_which_nobody_asks_here(admin: Admin) -> None:
    def broken() -> datetime:
        raise RuntimeError("the clock stands still")

    headers = {**await session_of(admin), "Accept-Language": "en", "X-Request-Id": "look-for-me"}
    admin.app.state.deps = replace(admin.deps, clock=broken)
    transport = httpx.ASGITransport(admin.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as somebody:
        answer = await somebody.get("/console/statements", headers=headers)
    assert (answer.status_code, "look-for-me" in answer.text) == (500, True)
    assert "This cannot be done right now" in answer.text
    assert answer.headers["connection"] == "close"


async def test_a_page_is_listed_for_whoever_may_look_at_it(admin: Admin) -> None:
    html = (await admin.anonymous.get("/console", headers=await session_of(admin))).text
    listed = set(re.findall(r'<li><a href="(/console[^"]*)"', html))
    assert {"/console", "/console/payments", "/console/users"} <= listed
    for path in listed:
        page = await admin.anonymous.get(path, headers=await session_of(admin))
        assert page.status_code == 200, path
