"""What is sent after a session has ended comes back, filled in, to whoever logs in anew."""

import html
import re
from collections.abc import Mapping

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from merchant_admin.api.console.form_purposes import DOES, purpose_of
from merchant_admin.api.console.texts import TEXTS

from .conftest import PASSWORD, USERNAME, Admin
from .people import Person

OF_OURS = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
KNOWN = {"username": USERNAME, "password": PASSWORD}


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


async def logged_in(
    admin: Admin, form: Mapping[str, str], headers: Mapping[str, str] = OF_OURS
) -> httpx.Response:
    sent = {**KNOWN, **form}
    return await admin.anonymous.post("/console/login", data=sent, headers=headers)


async def a_merchant(admin: Admin) -> str:
    made = await admin.post("/api/merchants", {"name": "East Garden"})
    return str(made["merchant_id"])


async def name_of(admin: Admin, merchant_id: str) -> str:
    return str((await admin.http.get(f"/api/merchants/{merchant_id}")).json()["name"])


async def test_login_leads_to_the_page_that_was_asked_for(admin: Admin) -> None:
    asked = await admin.anonymous.get("/console/payments?state=paid&lang=en")
    login = await admin.anonymous.get(asked.headers["location"])
    wrong = await logged_in(admin, {**hidden(login.text), "password": "wrong"})
    answer = await logged_in(admin, hidden(wrong.text))
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/console/payments?state=paid&lang=en",
    )  # fmt: skip


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/api", "/consoles"])
async def test_login_leads_to_no_page_but_ours(admin: Admin, back: str) -> None:
    login = await admin.anonymous.get("/console/login", params={"back": back})
    assert hidden(login.text) == {}
    assert (await logged_in(admin, {"back": back})).headers["location"] == "/console"


async def test_a_form_sent_after_the_session_ended_is_shown_again_and_sent(admin: Admin) -> None:
    merchant_id = await a_merchant(admin)
    path, page = f"/console/merchants/{merchant_id}", f"merchants/{merchant_id}"
    shown = await (await Person.logged_in(admin)).form_of(page, page)
    form = {**shown, "name": "西苑", "csrf": "x"}
    login = await admin.anonymous.post(path, data=form, headers=OF_OURS)
    assert (login.status_code, "is kept" in login.text) == (401, True)
    again = await logged_in(admin, hidden(login.text))
    assert again.status_code == 200
    assert "西苑" in again.text
    assert f'action="{path}"' in again.text
    assert f'<a class="data" href="{path}">{merchant_id}</a>' in again.text, "what it is about"
    assert await name_of(admin, merchant_id) == "East Garden"
    cookie = again.headers["set-cookie"].partition(";")[0]
    sent = await admin.anonymous.post(path, data=hidden(again.text), headers={"Cookie": cookie})
    assert sent.status_code == 303
    assert await name_of(admin, merchant_id) == "西苑"


async def test_a_form_of_an_earlier_session_is_shown_again(admin: Admin) -> None:
    merchant_id = await a_merchant(admin)
    earlier, person = await Person.logged_in(admin), await Person.logged_in(admin)
    path, form = f"/console/merchants/{merchant_id}", {"name": "西苑", "csrf": earlier.csrf}
    shown = await admin.anonymous.post(path, data=form, headers={**person.headers, **OF_OURS})
    assert (shown.status_code, "西苑" in shown.text) == (401, True)
    assert hidden(shown.text) == {"name": "西苑", "csrf": person.csrf}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("approvals/V01JGZ7K8M9N0P1Q2R3S4T5V6W7/approve",
         ["Approvals", "V01JGZ7K8M9N0P1Q2R3S4T5V6W7", "Agree, and do it"]),
        ("users/li.si/sessions/end",
         ["Users", 'href="/console/users/li.si">li.si<', "End all sessions"]),
        ("tokens/T01JGZ7K8M9N0P1Q2R3S4T5V6W7/revoke",
         ["Machine tokens", "T01JGZ7K8M9N0P1Q2R3S4T5V6W7", "Revoke"]),
    ],
)  # fmt: skip
async def test_a_kept_form_says_what_it_was_for(admin: Admin, path: str, words: list[str]) -> None:
    """Also where nothing was filled in, and its thing has no page."""
    login = await admin.anonymous.post(f"/console/{path}", data={"csrf": "x"}, headers=OF_OURS)
    again = await logged_in(admin, hidden(login.text))
    for each in words:
        assert each in again.text


async def test_every_form_of_the_console_says_what_it_does(admin: Admin) -> None:
    apart = {"login", "logout", "reauthentication", "invitations"}
    forms = set()
    for context in iter_route_contexts(admin.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and "POST" in (route.methods or ()):
            page, _, path = (context.path or "").partition("/console/")
            if path and not page and path.partition("/")[0] not in apart:
                forms.add(re.sub(r"{[^}]+}", "X1", path))
    assert len(forms) > 40
    assert [path for path in sorted(forms) if purpose_of(f"/console/{path}").does is None] == []
    assert set(DOES.values()) <= set(TEXTS)
    assert {re.sub(r"X1", "*", path) for path in forms} == set(DOES)


async def test_nothing_that_strangers_fill_in_is_kept(admin: Admin) -> None:
    merchant_id = await a_merchant(admin)
    person = await Person.logged_in(admin)
    path, form = f"/console/merchants/{merchant_id}", {"name": "theirs", "csrf": "x"}
    for site in ("cross-site", "same-site", "none"):
        stranger = {"Sec-Fetch-Site": site}
        answer = await admin.anonymous.post(path, data=form, headers=stranger)
        assert answer.headers["location"] == "/console/login"
        answer = await admin.anonymous.post(path, data=form, headers={**person.headers, **stranger})
        assert (answer.status_code, "theirs" in answer.text) == (401, False)
    kept = {"back": path, "kept.name": "theirs"}
    login = await admin.anonymous.get("/console/login", params=kept)
    assert hidden(login.text) == {"back": path}
    answer = await logged_in(admin, kept, headers={"Sec-Fetch-Site": "none"})
    assert answer.headers["location"] == "/console"


async def test_a_secret_is_not_kept(admin: Admin) -> None:
    form = {"password": "a secret of mine", "new_password": "another one", "csrf": "x"}
    referer = {"Referer": "https://pay.example/console/account"}
    answer = await admin.anonymous.post(
        "/console/account/password", data=form, headers={**OF_OURS, **referer}
    )
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/console/login?back=%2Fconsole%2Faccount",
    )  # fmt: skip
    person = await Person.logged_in(admin)
    answer = await admin.anonymous.post(
        "/console/account/password", data=form, headers={**person.headers, **OF_OURS}
    )
    assert (answer.status_code, "secret of mine" in answer.text) == (401, False)
