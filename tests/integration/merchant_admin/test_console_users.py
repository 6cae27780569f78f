"""The page of users, and what the pages show to whom."""

from html import escape

from tests.integration.merchant_admin.conftest import PASSWORD, USERNAME, Admin
from tests.integration.merchant_admin.people import Person, is_login, marked
from tests.integration.merchant_admin.test_callbacks import ENDPOINT
from tests.integration.merchant_admin.test_console_callbacks import LISTS
from tests.integration.merchant_admin.test_scopes import ALERT

NEW = {"username": "li.na", "password": "a password of li's", "role": "operator"}


async def test_an_admin_makes_a_user_and_changes_them(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    made = await person.send("users", **NEW)
    assert (made.status_code, made.headers["location"]) == (303, "/console/users?done=user_created")
    html = await person.open_page("users")
    assert 'action="/console/users/li.na"' in html
    assert f'action="/console/users/{USERNAME}"' not in html
    assert "Set by the environment" in html

    li = await Person.logged_in(admin, NEW["username"], NEW["password"])
    assert "li.na</span> · Operator" in await li.open_page("payments")
    await person.save("users", "users/li.na", role="viewer")
    assert "li.na</span> · Auditor" in await li.open_page("payments")
    await person.save("users", "users/li.na", role="viewer", disabled="true")
    assert is_login((await li.get("payments")).headers["location"])
    actions = [entry["action"] for entry in await admin.audit(entity_id="li.na")]
    assert actions == ["user.updated", "user.updated", "session.created", "user.created"]


async def test_what_is_wrong_with_a_user_is_said_on_the_page(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    merchant_id = (await admin.post("/api/merchants", {"name": "one"}))["merchant_id"]
    for wrong, shown in (
        ({"username": USERNAME}, "must be a name that is not taken"),
        ({"username": "<b>"}, "must be a name that is not taken"),
        ({"password": "short"}, "12 characters or more"),
        ({"role": "owner"}, 'role="alert"'),
    ):
        filled = {**NEW, "merchant_ids": merchant_id, **wrong}
        answer = await person.send("users", **filled)
        assert (answer.status_code in (409, 422), shown in answer.text) == (True, True), wrong
        assert f'name="username" value="{escape(filled["username"])}"' in answer.text
        assert f'value="{merchant_id}" autocomplete' in answer.text
        assert filled["password"] not in answer.text
    refused = await person.send(f"users/{USERNAME}", role="viewer", password="")
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert [user["username"] for user in (await admin.http.get("/api/users")).json()["items"]] == [
        USERNAME
    ]


async def test_a_refused_change_of_a_user_comes_back_filled_in(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    for name in ("aa", "zz"):
        await person.send("users", **{**NEW, "username": name})
    wrong = {"role": "merchant_staff", "merchant_ids": "M404", "disabled": "true"}
    refused = await person.save("users", "users/zz", **wrong)
    assert refused.status_code == 422
    assert set(marked(refused.text)) == {"merchant_ids"}
    assert refused.text.count("<details open>") == 1
    form = refused.text.partition('action="/console/users/zz"')[2].partition("</form>")[0]
    assert 'value="merchant_staff" selected' in form
    assert 'value="M404"' in form
    assert 'name="disabled" value="true" checked' in form
    assert "M404" not in refused.text.replace(form, "")


async def test_people_change_their_own_password_on_a_page(admin: Admin) -> None:
    viewer = await Person.hired(admin, "viewer")
    assert "Auditor · read only" in await viewer.open_page("account")
    new = {"new_password": NEW["password"], "new_password_again": NEW["password"]}
    slip = {**new, "password": PASSWORD, "new_password_again": f"{NEW['password']}x"}
    differs = await viewer.send("account/password", **slip)
    assert marked(differs.text) == {"new_password_again": "The two passwords differ."}
    refused = await viewer.send("account/password", password="wrong", **new)
    assert (refused.status_code, marked(refused.text)) == (422, {"password": "is wrong"})
    assert NEW["password"] not in refused.text
    done = await viewer.send("account/password", password=PASSWORD, **new)
    assert done.headers["location"] == "/console/login?done=password_saved"
    await Person.logged_in(admin, "viewer", NEW["password"])
    assert "Set by the environment" in await (await Person.logged_in(admin)).open_page("account")


async def test_users_are_the_business_of_admins(admin: Admin) -> None:
    operator = await Person.hired(admin, "operator")
    assert "/console/users" not in await operator.open_page("payments")
    for answer in (await operator.get("users"), await operator.send("users", **NEW)):
        assert answer.status_code == 403
        assert "You do not have this right" in answer.text
    assert "/console/users" in await (await Person.logged_in(admin)).open_page("payments")


async def test_a_viewer_sees_no_button_that_does_something(admin: Admin) -> None:
    for path, items in LISTS.items():
        admin.notifier.answers[path] = {"items": items, "next_cursor": None}
    admin.notifier.answers["/internal/endpoints/L7/resume"] = ENDPOINT
    viewer, operator = await Person.hired(admin, "viewer"), await Person.hired(admin, "operator")
    admin.notifier.answers["/internal/alerts/search"] = {
        "items": [{**ALERT, "merchant_id": None, "detail": "d"}],
        "next_cursor": None,
    }
    for page in ("deliveries", "deliveries/E1", "endpoints", "alerts"):
        assert (await viewer.open_page(page)).count('method="post"') == 1, page
        assert (await operator.open_page(page)).count('method="post"') > 1, page
    admin.notifier.calls.clear()
    for path in (
        "deliveries/E1/redeliver",
        "endpoints/L7/resume",
        "replays",
        "alerts/test",
        "alerts/acknowledge",
    ):
        assert (await viewer.send(path)).status_code == 403
    assert admin.notifier.calls == []
    assert (await operator.send("endpoints/L7/resume")).status_code == 303


async def test_a_form_from_elsewhere_makes_no_user(admin: Admin) -> None:
    person = await Person.logged_in(admin, USERNAME, PASSWORD)
    assert (await person.send("users", csrf="0" * 64, **NEW)).status_code == 401
    assert (await person.get("users")).text.count("li.na") == 0
