"""A page's form is saved on what it showed: nobody undoes what another person did meanwhile."""

import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import PASSWORD, Admin
from .people import Person, fields_of
from .test_configuration import CREDENTIALS

WORDS = "It has changed since you looked: this is the newest. Please look again."
OFF = {"state": "disabled"}


@dataclass(frozen=True, slots=True)
class Stale:
    """`page` has the form with the address `action`; meanwhile `other` is done to `entity`, which
    the form must not undo. `filled`: what is filled in; `after`: what the API then shows of it."""

    page: str
    action: str
    entity: str
    other: dict[str, Any]
    filled: dict[str, str]
    after: dict[str, Any]


async def a_user(admin: Admin) -> Stale:
    body = {"username": "wang", "password": PASSWORD, "role": "auditor"}
    await admin.post("/api/users", body)
    role = {"role": "finance"}
    return Stale("users", "users/wang", "/api/users/wang", {"disabled": True}, role, role)


async def a_merchant(admin: Admin) -> Stale:
    path = f"merchants/{(await admin.post('/api/merchants', {'name': 'x'}))['merchant_id']}"
    name = {"name": "y"}
    return Stale(path, path, f"/api/{path}", OFF, name, name)


async def its_four_eyes(admin: Admin) -> Stale:
    it = await a_merchant(admin)
    other = {"four_eyes": {"credentials": True}}
    filled = {"credentials": "true", "callback_addresses": "true"}
    after = {"four_eyes": {"refunds_from": None, "credentials": True, "callback_addresses": True}}
    return Stale(it.page, f"{it.action}/four-eyes", it.entity, other, filled, after)


async def its_look(admin: Admin) -> Stale:
    it = await a_merchant(admin)
    page, name = f"{it.page}/look", {"display_name": "y"}
    return Stale(page, page, it.entity, {"colour": "#0b6b63"}, name, name)


async def an_account(admin: Admin) -> Stale:
    merchant = (await a_merchant(admin)).entity
    body = {"channel": "wechat", "name": "x", "credentials": CREDENTIALS}
    made = await admin.post(f"{merchant}/channel-accounts", body)
    path = f"channel-accounts/{made['payment_id']}"
    return Stale(path, path, f"{merchant}/{path}", OFF, {"account_name": "y"}, {"name": "y"})


async def its_name_for_payers(admin: Admin) -> Stale:
    it = await an_account(admin)
    merchant = it.entity.removeprefix("/api/").partition("/channel-accounts")[0]
    action = f"{merchant}/look/accounts/{it.page.rpartition('/')[2]}"
    name = {"display_name": "y"}
    return Stale(f"{merchant}/look", action, it.entity, {"display_name": "z"}, name, name)


async def an_app(admin: Admin) -> Stale:
    merchant_id = (await a_merchant(admin)).page.rpartition("/")[2]
    made = await admin.post("/api/apps", {"name": "x", "merchant_ids": [merchant_id]})
    path, other = f"apps/{made['app_id']}", {"ip_allowlist": ["203.0.113.0/24"], **OFF}
    return Stale(f"{path}/edit", path, f"/api/{path}", other, {"name": "y"}, {"name": "y"})


async def shown(admin: Admin, it: Stale) -> dict[str, Any]:
    entity: dict[str, Any] = (await admin.http.get(it.entity)).json()
    entity.pop("updated_at")
    return entity


MAKE = [a_user, a_merchant, its_four_eyes, its_look, an_account, its_name_for_payers, an_app]


@pytest.mark.parametrize("make", MAKE)
async def test_a_form_undoes_nothing_that_was_done_since_it_was_shown(
    admin: Admin, make: Callable[[Admin], Awaitable[Stale]]
) -> None:
    it, person = await make(admin), await Person.logged_in(admin)
    form = await person.form_of(it.page, it.action)
    changed = await admin.http.patch(it.entity, json=it.other)
    assert changed.status_code == 200, changed.text
    there = await shown(admin, it)
    refused = await person.send(it.action, **{**form, **it.filled})
    assert (refused.status_code, WORDS in html.unescape(refused.text)) == (409, True)
    assert await shown(admin, it) == there
    now = fields_of(refused.text, it.action)
    assert now == await person.form_of(it.page, it.action)
    saved = await person.send(it.action, **{**now, **it.filled})
    assert saved.status_code == 303, saved.text
    assert await shown(admin, it) == {**there, **it.after}


@pytest.mark.parametrize(
    ("make", "beside"),
    [
        (a_user, {"password": f"{PASSWORD} 2"}),
        (a_merchant, {"display_name": "z", "four_eyes": {"credentials": True}}),
        (its_four_eyes, {"name": "z", "colour": "#0b6b63"}),
        (its_look, {"name": "z", **OFF}),
        (an_account, {"display_name": "z"}),
        (its_name_for_payers, {"name": "z", **OFF}),
        (an_app, {"rotate_webhook_secret": True, "callback_ordered": True}),
    ],
)
async def test_what_it_does_not_show_is_no_reason_to_refuse_it(
    admin: Admin, make: Callable[[Admin], Awaitable[Stale]], beside: dict[str, Any]
) -> None:
    it, person = await make(admin), await Person.logged_in(admin)
    form = await person.form_of(it.page, it.action)
    changed = await admin.http.patch(it.entity, json=beside)
    assert changed.status_code == 200, changed.text
    there = await shown(admin, it)
    saved = await person.send(it.action, **{**form, **it.filled})
    assert saved.status_code == 303, saved.text
    assert await shown(admin, it) == {**there, **it.after}


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (a_user, {"role": "owner"}),
        (a_merchant, {"name": ""}),
        (its_four_eyes, {"refunds_from": "ten"}),
        (its_look, {"colour": "blue"}),
        (an_app, {"reinitiate_after_s": "soon"}),
        (an_app, {"my_address": "1"}),
    ],
)
async def test_a_form_that_comes_back_is_still_of_what_was_seen(
    admin: Admin, make: Callable[[Admin], Awaitable[Stale]], wrong: dict[str, str]
) -> None:
    """What is wrong in it may be told first: mended, it undoes nothing either."""
    it, person = await make(admin), await Person.logged_in(admin)
    form = await person.form_of(it.page, it.action)
    assert (await admin.http.patch(it.entity, json=it.other)).status_code == 200
    refused = await person.send(it.action, **{**form, **wrong})
    again = fields_of(refused.text, it.action)
    mended = {**again, **{name: form.get(name, "") for name in wrong}, **it.filled}
    mended.pop("my_address", None)
    assert (await person.send(it.action, **mended)).status_code == 409


async def test_a_form_that_shows_no_version_changes_nothing(admin: Admin) -> None:
    it, person = await an_app(admin), await Person.logged_in(admin)
    form = await person.form_of(it.page, it.action)
    form.pop("version")
    assert (await person.send(it.action, **{**form, **it.filled})).status_code == 409


async def test_a_password_of_their_own_is_no_reason_to_refuse(admin: Admin) -> None:
    it, person = await a_user(admin), await Person.logged_in(admin)
    form = await person.form_of(it.page, it.action)
    wang = await Person.logged_in(admin, "wang")
    other = f"{PASSWORD} 2"
    new = {"password": PASSWORD, "new_password": other, "new_password_again": other}
    assert (await wang.send("account/password", **new)).status_code == 303
    assert (await person.send(it.action, **{**form, **it.filled})).status_code == 303
