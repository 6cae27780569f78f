"""The guided way: left and taken up again, gone back on, and without a secret in its draft."""

import asyncio
import json
import re

import httpx
import pytest
from fastapi.responses import JSONResponse
from tests.integration.merchant_admin.conftest import Admin
from tests.integration.merchant_admin.people import Person
from tests.integration.merchant_admin.test_callbacks import DELIVERY
from tests.integration.merchant_admin.test_console_setup import (
    ENTERED,
    KEY,
    PRIVATE_KEY,
    SECRET,
    TERMS,
    page,
    send,
)

from contracts.identifiers import new_id
from gateway.channels.plugin import schema
from gateway.channels.wechat import PLUGIN

HOME = "/console/onboarding"
OK = {"ok": True, "code": "ORDER_NOT_EXIST", "message": "订单不存在"}
WRONG = {"ok": False, "code": "SIGN_ERROR", "message": "x", "field": "merchant_serial_no"}


@pytest.fixture
async def person(admin: Admin) -> Person:
    admin.gateway.schema = schema(PLUGIN.credentials, PLUGIN.form)
    admin.gateway.keys = [KEY]
    return await Person.logged_in(admin)


async def take(person: Person, name: str, form: dict[str, str]) -> httpx.Response:
    """The form of a step, as its page shows it now."""
    shown = await page(person, f"{HOME}/{name}")
    return await send(person, f"{HOME}/{name}", {**draft_of(shown), **form})


def draft_of(shown: str) -> dict[str, str]:
    found = re.search(r'name="draft" value="([^"]+)"', shown)
    assert found is not None
    return {"draft": found.group(1)}


async def step(person: Person, name: str, form: dict[str, str]) -> str:
    """The step that follows."""
    answer = await take(person, name, form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix(f"{HOME}/")


async def here(person: Person) -> str:
    """The step at which the guided way is taken up again."""
    found = re.search(r'data-step="([^"]+)"', await page(person, HOME))
    assert found is not None
    return found.group(1)


async def draft_text(person: Person) -> str:
    async with person.admin.deps.db.connection() as tx:
        rows = await tx.fetch("select draft from onboarding_draft")
    return json.dumps([dict(row["draft"]) for row in rows], ensure_ascii=False)


def seen_on(shown: str) -> dict[str, str]:
    """What the form of a step carries of what its page shows."""
    found = re.search(r'name="version" value="([^"]+)"', shown)
    assert found is not None
    return {"version": found.group(1)}


async def to_trial(person: Person) -> None:
    assert await step(person, "merchant", {"name": "万科物业"}) == "channel"
    assert await step(person, "channel", {"channel": "wechat"}) == "credentials"
    assert await step(person, "credentials", ENTERED) == "trial"


async def test_the_whole_way(person: Person) -> None:
    await to_trial(person)
    person.admin.gateway.trials = [JSONResponse(OK)]
    assert await step(person, "trial", {"try": "1"}) == "trial"
    assert "ORDER_NOT_EXIST" not in await page(person, f"{HOME}/trial")
    assert await step(person, "trial", {"next": "1"}) == "app"
    answer = await take(person, "app", TERMS)
    assert "whsec_" in answer.text
    assert 'aria-current="step">Keys' in answer.text
    answer = await take(person, "keys", {"alg": "HMAC-SHA256", "pem": ""})
    secret = re.search(r'<code class="whole">([^<]+)<', answer.text)
    assert secret is not None
    assert await step(person, "keys", {"next": "1"}) == "callback"
    form = {"notify_url": "", **seen_on(await page(person, f"{HOME}/callback"))}
    assert "callback?problem=ping_no_address" in await step(person, "callback", form)
    assert await step(person, "callback", {"next": "1"}) == "hand-over"
    shown = await page(person, f"{HOME}/hand-over")
    assert "PAYMESH-HMAC-SHA256" in shown
    for kept in (shown, await draft_text(person)):
        assert secret.group(1) not in kept
        assert "whsec_…" in shown
    await send(person, f"{HOME}/restart", {"same_merchant": "1"})
    assert await here(person) == "channel"
    await send(person, f"{HOME}/restart", {})
    assert await here(person) == "merchant"


async def test_it_is_taken_up_where_it_was_left_and_can_go_back(person: Person) -> None:
    assert await here(person) == "merchant"
    await to_trial(person)
    assert await here(person) == "trial"
    assert 'aria-current="step">Try it' in await page(person, f"{HOME}/trial")
    assert "万科物业" in await page(person, f"{HOME}/merchant")
    early = await person.admin.anonymous.get(f"{HOME}/hand-over", headers=person.headers)
    assert early.headers["location"] == f"{HOME}/trial"
    another = await Person.hired(person.admin, "administrator")
    assert await here(another) == "merchant"


async def test_credentials_that_were_wrong_come_back_without_their_secrets(person: Person) -> None:
    await step(person, "merchant", {"name": "万科物业"})
    await step(person, "channel", {"channel": "wechat"})
    answer = await take(person, "credentials", {**ENTERED, "mchid": ""})
    assert answer.status_code == 422
    later = await page(person, f"{HOME}/credentials")
    kept = await draft_text(person)
    for shown in (answer.text, later, kept):
        assert ENTERED["appid"] in shown
        assert SECRET not in shown
        assert PRIVATE_KEY not in shown


async def test_wrong_key_is_mended_on_the_same_account(person: Person) -> None:
    await to_trial(person)
    person.admin.gateway.trials = [JSONResponse(WRONG), JSONResponse(OK)]
    await step(person, "trial", {"try": "1"})
    before = await draft_text(person)
    assert "SIGN_ERROR" in await page(person, f"{HOME}/trial")
    mended = {**ENTERED, "apiv3_key": "f" * 32}
    unseen = await take(person, "credentials", mended)
    assert (unseen.status_code, "has changed since you looked" in unseen.text) == (409, True)
    assert await step(person, "credentials", {**mended, **seen_on(unseen.text)}) == "trial"
    assert json.loads(await draft_text(person))[0]["payment_id"] in before
    assert "SIGN_ERROR" not in await page(person, f"{HOME}/trial")


async def test_another_key_of_the_guided_way_loses_no_optional_secret(person: Person) -> None:
    await step(person, "merchant", {"name": "万科物业"})
    await step(person, "channel", {"channel": "wechat"})
    await step(person, "credentials", {**ENTERED, "app_secret": "a" * 32})
    shown = await page(person, f"{HOME}/credentials")
    assert "It is set: enter it again" in shown
    mended = {**ENTERED, "apiv3_key": "f" * 32, **seen_on(shown)}
    refused = await take(person, "credentials", mended)
    assert (refused.status_code, 'id="wrong-app_secret"' in refused.text) == (422, True)
    # Still the form of the same account.
    assert re.search(r'name="mchid" value="1900000109"[^>]*readonly', refused.text)
    mended = {**mended, "remove.app_secret": "on"}
    assert await step(person, "credentials", mended) == "trial"


async def test_account_of_somebody_else_is_disabled_and_another_entered(person: Person) -> None:
    await to_trial(person)
    payment_id = json.loads(await draft_text(person))[0]["payment_id"]
    assert await step(person, "credentials", {"another": "1"}) == "credentials"
    shown = await page(person, f"/console/channel-accounts/{payment_id}")
    assert "Disabled" in shown
    assert await step(person, "credentials", {**ENTERED, "mchid": "1900000110"}) == "trial"


async def test_what_there_is_can_be_chosen(person: Person) -> None:
    await to_trial(person)
    draft = json.loads(await draft_text(person))[0]
    await send(person, f"{HOME}/restart", {})
    chosen = {"merchant_id": draft["merchant_id"], "name": ""}
    assert await step(person, "merchant", chosen) == "channel"
    assert await step(person, "channel", {"payment_id": draft["payment_id"]}) == "trial"


async def test_a_first_step_sent_twice_makes_one_merchant(person: Person) -> None:
    shown = await page(person, f"{HOME}/merchant")
    number = re.search(r'name="number" value="(M[^"]+)"', shown)
    assert number is not None
    form = {"name": "万科物业", "merchant_id": "", "number": number[1], **draft_of(shown)}
    at_once = await asyncio.gather(*(send(person, f"{HOME}/merchant", form) for _ in range(3)))
    for answer in (*at_once, await send(person, f"{HOME}/merchant", form)):
        assert (answer.status_code, answer.headers.get("location")) == (303, f"{HOME}/channel")
    listed = (await person.admin.http.get("/api/merchants")).json()["items"]
    assert [it["merchant_id"] for it in listed] == [number[1]]


async def test_credentials_sent_twice_make_one_account(person: Person) -> None:
    await step(person, "merchant", {"name": "万科物业"})
    await step(person, "channel", {"channel": "wechat"})
    shown = await page(person, f"{HOME}/credentials")
    number = re.search(r'name="number" value="(C[^"]+)"', shown)
    assert number is not None
    form = {**ENTERED, "number": number[1], **draft_of(shown)}
    at_once = await asyncio.gather(*(send(person, f"{HOME}/credentials", form) for _ in range(3)))
    for answer in (*at_once, await send(person, f"{HOME}/credentials", form)):
        assert (answer.status_code, answer.headers.get("location")) == (303, f"{HOME}/trial")
    assert json.loads(await draft_text(person))[0]["payment_id"] == number[1]


@pytest.mark.parametrize(
    ("name", "filled", "hint"),
    [
        ("app", TERMS, "The app is registered already."),
        ("keys", {"alg": "HMAC-SHA256", "pem": ""}, "The key is added already."),
    ],
)
async def test_what_has_a_secret_is_made_once_and_found_by_every_click(
    person: Person, name: str, filled: dict[str, str], hint: str
) -> None:
    """At once, and again from the page before: the browser may have dropped the first answer."""
    await to_trial(person)
    if name == "keys":
        await take(person, "app", TERMS)
    shown = await page(person, f"{HOME}/{name}")
    number = re.search(r'name="number" value="([AK][^"]+)"', shown)
    assert number is not None
    form = {**filled, "number": number[1], **draft_of(shown)}
    at_once = await asyncio.gather(*(send(person, f"{HOME}/{name}", form) for _ in range(3)))
    assert sorted(answer.status_code for answer in at_once) == [200, 303, 303]
    if name == "keys":
        await take(person, "keys", filled)
    for answer in (*at_once, await send(person, f"{HOME}/{name}", form)):
        if answer.status_code == 303:
            found = await page(person, answer.headers["location"])
            assert 'data-step="keys"' in found
            assert number[1] in found
            assert hint in found


async def test_an_address_sent_twice_is_no_other_address(person: Person) -> None:
    await to_trial(person)
    attempt = {
        "at": DELIVERY["created_at"],
        "status": 200,
        "error": None,
        "latency_ms": 12,
        "answer": "ok",
    }
    ping = {**DELIVERY, "event_id": new_id("event"), "attempts": [attempt]}
    person.admin.notifier.answers |= {
        "/internal/pings": ping,
        "/internal/all-deliveries": {"items": [ping], "next_cursor": None},
    }
    await take(person, "app", TERMS)
    shown = await page(person, f"{HOME}/callback")
    form = {"notify_url": "https://a.example/cb", **seen_on(shown), **draft_of(shown)}
    for _ in range(2):
        answer = await send(person, f"{HOME}/callback", form)
        assert answer.headers["location"] == f"{HOME}/callback?ping={ping['event_id']}"


async def test_another_merchant_is_chosen_on_a_page_that_made_one(person: Person) -> None:
    other = (await person.admin.post("/api/merchants", {"name": "乙物业"}))["merchant_id"]
    shown = await page(person, f"{HOME}/merchant")
    number = re.search(r'name="number" value="(M[^"]+)"', shown)
    assert number is not None
    form = {"name": "万科物业", "merchant_id": "", "number": number[1], **draft_of(shown)}
    await send(person, f"{HOME}/merchant", form)
    chosen = {**form, "name": "", "merchant_id": other}
    assert (await send(person, f"{HOME}/merchant", chosen)).status_code == 409


async def test_a_new_merchant_and_one_that_there_is_are_not_taken_together(person: Person) -> None:
    await to_trial(person)
    there = json.loads(await draft_text(person))[0]["merchant_id"]
    await send(person, f"{HOME}/restart", {})
    both = {"name": "乙物业", "merchant_id": there}
    shown = draft_of(await page(person, f"{HOME}/merchant"))
    answer = await send(person, f"{HOME}/merchant", {**both, **shown}, language="zh")
    assert (answer.status_code, "请只填一项" in answer.text) == (422, True)
    assert 'value="乙物业"' in answer.text
    assert re.search(rf'value="{there}" selected', answer.text)


async def test_my_address_comes_back_in_the_form(person: Person) -> None:
    await to_trial(person)
    await step(person, "trial", {"next": "1"})
    answer: httpx.Response = await take(
        person, "app", {**TERMS, "ip_allowlist": "", "my_address": "1"}
    )
    assert ">203.0.113.9</textarea>" in answer.text
    assert await here(person) == "app"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("credentials", ENTERED),
        ("trial", {"next": "1"}),
        ("app", TERMS),
        ("keys", {"alg": "HMAC-SHA256", "pem": ""}),
        ("callback", {"notify_url": "https://a.example/cb"}),
    ],
)
async def test_a_page_from_before_another_beginning_changes_nothing(
    person: Person, name: str, form: dict[str, str]
) -> None:
    await to_trial(person)
    await take(person, "app", TERMS)
    shown = draft_of(await page(person, f"{HOME}/{name}"))
    await send(person, f"{HOME}/restart", {})
    await step(person, "merchant", {"name": "乙物业"})
    await step(person, "channel", {"channel": "wechat"})
    await step(person, "credentials", ENTERED | {"mchid": "1900000109"})
    await take(person, "app", TERMS)
    before = await draft_text(person)
    answer = await send(person, f"{HOME}/{name}", {**form, **shown})
    assert answer.status_code == 409
    assert "It has changed since you looked" in answer.text
    assert "乙物业" in answer.text
    assert await draft_text(person) == before
