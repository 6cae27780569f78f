"""The page of counter codes, and the sheet that is printed."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qsl

import httpx
import pytest

from .conftest import Admin
from .people import Person, fields_of, marked
from .test_counter_codes import begun_at, terms
from .test_exports import exported

TYPED = {"min_amount": "1", "max_amount": "500.00", "daily_limit": "2,000", "amounts": ""}


async def filled(admin: Admin, **changes: str) -> dict[str, str]:
    known = await terms(admin)
    named = {name: str(known[name]) for name in ("merchant_id", "app_id", "name")}
    return {**named, **TYPED, **changes}


async def only_code(admin: Admin) -> dict[str, object]:
    listed = (await admin.http.get("/api/counter-codes")).json()
    (code,) = listed["items"]
    answered: dict[str, object] = code
    return answered


async def test_a_code_is_put_up_listed_and_printed(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    made = await person.send("counter-codes", **await filled(admin, amounts="50，100、200, 300"))
    assert made.status_code == httpx.codes.SEE_OTHER
    code = await only_code(admin)
    assert (code["min_amount"], code["max_amount"], code["daily_limit"]) == (100, 50_000, 200_000)
    assert code["amounts"] == [5_000, 10_000, 20_000, 30_000]
    assert made.headers["location"] == f"/console/counter-codes/{code['code_id']}/print"
    sheet = await person.open_page(f"counter-codes/{code['code_id']}/print")
    assert "幸福物业" in sheet
    assert "<svg viewBox=" in sheet
    assert "pay/to" not in sheet
    page = await person.open_page("counter-codes")
    assert '¥1.00</span> – <span class="line">¥500.00' in page
    assert "¥50.00 · ¥100.00" in page


async def test_a_form_sent_twice_makes_one_code(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    number = fields_of(await person.open_page("counter-codes"), "counter-codes")["number"]
    form = await filled(admin, number=number)
    for _ in range(2):
        made = await person.send("counter-codes", **form)
        assert made.headers["location"] == f"/console/counter-codes/{number}/print"
    assert (await only_code(admin))["code_id"] == number
    other = await person.send("counter-codes", **{**form, "name": "二号门岗"})
    assert other.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    await only_code(admin)


async def test_a_code_is_turned_off_and_on(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    await person.send("counter-codes", **await filled(admin))
    code_id = (await only_code(admin))["code_id"]
    for state, button, shown in (("disabled", "Enable", True), ("active", "Disable", False)):
        answer = await person.send(f"counter-codes/{code_id}/state", state=state)
        assert answer.headers["location"] == "/console/counter-codes?done=code_saved"
        assert (await only_code(admin))["state"] == state
        page = await person.open_page("counter-codes")
        assert re.search(rf"<(button|summary)[^>]*>{button}</", page)
        # Only what stops payers asks whether it is meant.
        assert ("cannot pay until it is enabled again" in page) is (state == "active")
        sheet = await person.open_page(f"counter-codes/{code_id}/print")
        assert ("Do not put it up" in sheet) is shown


async def test_a_code_is_changed_and_stays_the_printed_one(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    await person.send("counter-codes", **await filled(admin, amounts="50 100"))
    was = await only_code(admin)
    action = f"counter-codes/{was['code_id']}/change"
    assert f"/console/{action}" in await person.open_page("counter-codes")
    form = fields_of(await person.open_page(action), action)
    assert (form["min_amount"], form["daily_limit"]) == ("1.00", "2000.00")
    assert form["amounts"] == "50.00 100.00"
    wrong = await person.send(action, **{**form, "name": "东门", "max_amount": "80"})
    assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert set(marked(wrong.text)) == {"amounts"}
    assert fields_of(wrong.text, action)["name"] == "东门"
    assert await only_code(admin) == was
    saved = await person.send(
        action, **{**form, "name": "东门", "max_amount": "800", "amounts": ""}
    )
    assert saved.headers["location"] == "/console/counter-codes?done=code_saved"
    code = await only_code(admin)
    assert (code["name"], code["max_amount"], code["amounts"]) == ("东门", 80_000, [])
    assert (code["url"], code["app_id"]) == (was["url"], was["app_id"])
    auditor = await Person.hired(admin, "auditor")
    assert action not in await auditor.open_page("counter-codes")


async def test_a_code_shows_what_was_paid_there_today(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    await person.send("counter-codes", **await filled(admin))
    code = await only_code(admin)
    assert ">¥0.00</strong>" in await person.open_page("counter-codes")
    now = admin.clock()
    paid = [await begun_at(admin, code, created_at=now) for _ in range(2)]
    before = await begun_at(admin, code, created_at=now - timedelta(days=1))
    await begun_at(admin, code, created_at=now, app_id="A2")
    await begun_at(admin, code, created_at=now, merchant_id="M2")
    page = await person.open_page("counter-codes")
    assert ">¥25.98</strong>" in page
    assert "/ ¥2,000.00 · 2 paid" in page
    assert (await only_code(admin))["received_today"] == {"payments": 2, "amount": 2598}
    [row] = await exported(admin, "counter-codes")
    assert (row["received_today"], row["payments_today"]) == ("25.98", "2")
    (link,) = re.findall(r'"/console/payments\?(code_id=[^"]*)"', page)
    listed = await person.open_page("payments", **dict(parse_qsl(html.unescape(link))))
    assert [story.payment_no in listed for story in (*paid, before)] == [True, True, False]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"merchant_id": "M1"}, "There is no such merchant"),
        ({"app_id": "A1"}, "There is no such app"),
        ({"name": " "}, "Please give it a name"),
        ({"min_amount": "1,5"}, "The least amount must be"),
        ({"max_amount": "0.50"}, "The highest amount must not be less"),
        ({"daily_limit": "499.99"}, "The limit of a day must not be less"),
        ({"amounts": "50 50"}, "The amounts must lie between"),
        ({"amounts": "50 x"}, "The amounts must lie between"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    admin: Admin, changes: dict[str, str], shown: str
) -> None:
    person = await Person.logged_in(admin)
    answer = await person.send("counter-codes", **await filled(admin, **changes))
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert shown in answer.text
    assert 'value="2,000"' in answer.text or "daily_limit" in changes
    assert 'aria-invalid="true"' in answer.text


async def test_limits_the_wrong_way_round_are_named_alone(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    wrong = await filled(admin, max_amount="0.50", amounts="50 100")
    assert set(marked((await person.send("counter-codes", **wrong)).text)) == {"max_amount"}


async def test_each_wrong_field_has_its_words_beneath_it(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    answer = await person.send("counter-codes", **await filled(admin, name=" ", min_amount="x"))
    errors = marked(answer.text)
    assert set(errors) == {"name", "min_amount"}
    assert errors["name"].startswith("Please give it a name")
    assert errors["min_amount"].startswith("The least amount must be")


async def test_who_may_only_look_sees_codes_and_no_form(admin: Admin) -> None:
    administrator = await Person.logged_in(admin)
    await administrator.send("counter-codes", **await filled(admin))
    auditor = await Person.hired(admin, "auditor")
    page = await auditor.open_page("counter-codes")
    assert "前台" in page
    assert 'method="post" action="/console/counter-codes' not in page
    refused = await auditor.send("counter-codes", **await filled(admin))
    assert refused.status_code == httpx.codes.FORBIDDEN
