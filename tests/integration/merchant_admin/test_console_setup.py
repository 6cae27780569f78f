"""Merchants, channel accounts and apps on the pages: made, changed, tried out, without script."""

import asyncio
import base64
import hmac
import html
import io
import re
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.responses import JSONResponse
from tests.integration.merchant_admin.conftest import PASSWORD, Admin, problem
from tests.integration.merchant_admin.people import Person, fields_of
from tests.integration.merchant_admin.test_callbacks import DELIVERY

from contracts import signing, webhooks
from gateway.channels.plugin import schema
from gateway.channels.wechat import PLUGIN

SECRET, PRIVATE_KEY = "0123456789abcdef0123456789abcdef", "-----BEGIN PRIVATE KEY----- typed"
ENTERED = {
    "account_name": "主账户",
    "channel": "wechat",
    "way": "public_key",
    "mchid": "1900000109",
    "appid": "wxd678efh567hg6787",
    "apiv3_key": SECRET,
    "merchant_private_key_pem": PRIVATE_KEY,
}
KEY = {
    "field": "platform_certificate_pem",
    "kind": "certificate",
    "fingerprint": "ab" * 32,
    "serial": "5157F09E",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_until": "2031-01-01T00:00:00Z",
}
TERMS = {
    "name": "缴费",
    "callback_ack": "2xx",
    "reinitiate_after_s": "15",
    "late_payment": "accept",
}


@pytest.fixture
async def person(admin: Admin) -> Person:
    admin.gateway.schema = schema(PLUGIN.credentials, PLUGIN.form)
    admin.gateway.keys = [KEY]
    return await Person.logged_in(admin)


async def page(person: Person, path: str, language: str = "en") -> str:
    headers = {**person.headers, "Accept-Language": language}
    answer = await person.admin.anonymous.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(
    person: Person,
    path: str,
    form: dict[str, str],
    files: dict[str, bytes] | None = None,
    language: str = "en",
) -> httpx.Response:
    headers = {**person.headers, "Accept-Language": language}
    parts = {name: (f"{name}.pem", content) for name, content in (files or {}).items()}
    return await person.admin.anonymous.post(
        path, data={**form, "csrf": person.csrf}, files=parts or None, headers=headers
    )


async def made(person: Person, path: str, form: dict[str, str], **files: Any) -> str:
    """The page that a form led to."""
    answer = await send(person, path, form, files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def seen(person: Person, path: str, action: str) -> dict[str, str]:
    """What the form with this address carries of what its page shows."""
    shown = fields_of(await page(person, path), action.removeprefix("/console/"))
    return {"version": shown["version"]}


async def replaced(person: Person, its_page: str, entered: dict[str, str]) -> None:
    """The credentials of an account, by those that are entered on their page."""
    there = f"{its_page}/credentials"
    await made(person, there, {**entered, **await seen(person, there, there)})


async def test_merchant_is_made_and_changed(person: Person) -> None:
    its_page = await made(person, "/console/merchants", {"name": "万科物业"})
    assert "万科物业" in await page(person, its_page)
    assert its_page in await page(person, "/console/merchants")
    await made(
        person,
        its_page,
        {"name": "万物云", "disabled": "true", **await seen(person, its_page, its_page)},
    )
    shown = await page(person, its_page)
    assert "万物云" in shown
    assert "Disabled" in shown


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "1 至 127 个字符"), ("en", "1 to 127 characters")]
)
async def test_what_is_wrong_stands_under_the_field(
    person: Person, language: str, words: str
) -> None:
    answer = await send(person, "/console/merchants", {"name": " "}, language=language)
    assert answer.status_code == 422
    under = re.search(r'<span class="wrong" id="wrong-name">([^<]+)<', answer.text)
    assert under is not None
    assert words in under.group(1)
    assert 'aria-describedby="wrong-name' in answer.text


async def account_of(person: Person, **more: str) -> str:
    """The page of a new account of a new merchant."""
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    return await made(person, f"{merchant}/channel-accounts", {**ENTERED, **more})


async def test_form_is_made_of_the_channels_schema(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    path = f"{merchant}/channel-accounts/new?channel=wechat"
    chinese, english = await page(person, path, "zh"), await page(person, path)
    for entered in PLUGIN.form.fields:
        assert f'name="{entered.name}"' in english
        for text, shown in ((entered.title.zh, chinese), (entered.help.zh, chinese)):
            assert text in shown
        assert entered.title.en.replace("'", "&#39;") in english
    assert chinese.index('name="mchid"') < chinese.index('name="apiv3_key"')
    assert chinese.count('type="radio" name="way"') == 3
    assert 'name="platform_public_key_pem.file"' in chinese
    assert "enctype" in chinese


async def test_account_shows_what_is_no_secret(person: Person) -> None:
    shown = await page(person, await account_of(person))
    assert "1900000109" in shown
    assert KEY["fingerprint"][:32] in shown
    assert "2031-01-01" in shown
    assert "https://pay.example/webhooks/wechat/C" in shown
    assert SECRET not in shown
    assert PRIVATE_KEY not in shown


async def test_files_and_pasted_keys_are_taken_and_other_ways_left_out(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    pasted = {
        **ENTERED,
        "platform_certificate_pem": "of another way",
        "platform_public_key_pem": "",
    }
    file = {"platform_public_key_pem.file": b"-----BEGIN PUBLIC KEY-----"}
    await made(person, f"{merchant}/channel-accounts", pasted, **file)
    given = person.admin.gateway.checked[-1]
    assert given["platform_public_key_pem"] == "-----BEGIN PUBLIC KEY-----"
    assert given["merchant_private_key_pem"] == PRIVATE_KEY
    assert "platform_certificate_pem" not in given
    assert "profit_sharing" not in given


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_form_that_comes_back_shows_no_secret(person: Person, language: str) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    wrong = {**ENTERED, "mchid": ""}
    answer = await send(person, f"{merchant}/channel-accounts", wrong, language=language)
    assert answer.status_code == 422
    assert ENTERED["appid"] in answer.text
    assert SECRET not in answer.text
    assert PRIVATE_KEY not in answer.text
    assert 'id="wrong-mchid"' in answer.text
    assert "Value error" not in answer.text


async def test_credentials_rotate_and_the_identity_stays(person: Person) -> None:
    its_page = await account_of(person)
    form = await page(person, f"{its_page}/credentials")
    assert re.search(r'name="mchid" value="1900000109"[^>]*readonly', form)
    assert SECRET not in form
    fresh = {**ENTERED, "apiv3_key": "f" * 32}
    await replaced(person, its_page, fresh)
    assert person.admin.gateway.checked[-1]["apiv3_key"] == "f" * 32
    answer = await send(person, f"{its_page}/credentials", {**fresh, "mchid": "1900000110"})
    assert answer.status_code == 422
    assert 'id="wrong-mchid"' in answer.text


async def test_no_optional_secret_is_lost_without_a_word(person: Person) -> None:
    """A new key left out the AppSecret, and inside WeChat nobody could pay."""
    its_page = await account_of(person, app_secret="a" * 32)
    there, gateway = f"{its_page}/credentials", person.admin.gateway
    assert "已设置" in await page(person, its_page, "zh")
    form = await page(person, there, "zh")
    assert ("当前已设置：请重新填写，或勾选移除" in form, 'class="rare" open' in form) == (
        True,
        True,
    )
    fresh = {**ENTERED, "apiv3_key": "f" * 32, **await seen(person, there, there)}
    refused = await send(person, there, fresh)
    assert (refused.status_code, 'id="wrong-app_secret"' in refused.text) == (422, True)
    assert len(gateway.checked) == 1
    await made(person, there, {**fresh, "app_secret": "b" * 32})
    assert gateway.checked[-1]["app_secret"] == "b" * 32
    await replaced(person, its_page, {**ENTERED, "remove.app_secret": "on"})
    assert "app_secret" not in gateway.checked[-1]
    assert "未设置" in await page(person, its_page, "zh")
    await replaced(person, its_page, ENTERED)


async def test_what_was_never_noted_may_be_set(person: Person) -> None:
    its_page = await account_of(person, app_secret="a" * 32)
    async with person.admin.deps.db.transaction() as tx:
        await tx.execute("update account_facts set shown = shown - 'sealed'")
    there = f"{its_page}/credentials"
    assert "It was not noted whether this is set" in await page(person, there)
    fresh = {**ENTERED, **await seen(person, there, there)}
    assert (await send(person, there, fresh)).status_code == 422
    await made(person, there, {**fresh, "remove.app_secret": "on"})


async def test_what_is_public_comes_back_and_each_secret_is_asked_for_again(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    wrong = {**ENTERED, "mchid": "", "platform_certificate_pem": "-----BEGIN CERTIFICATE----- x"}
    file = {"platform_public_key_pem.file": b"-----BEGIN PUBLIC KEY----- y"}
    path = f"{merchant}/channel-accounts"
    shown = (await send(person, path, wrong, file, language="zh")).text
    assert "-----BEGIN CERTIFICATE----- x" in shown
    assert "-----BEGIN PUBLIC KEY----- y" in shown
    assert shown.count('<span class="wrong">请重新填写</span>') == 2
    assert "密钥与密码没有保留" in shown
    mistaken = {**wrong, "platform_certificate_pem": PRIVATE_KEY}
    assert PRIVATE_KEY not in (await send(person, path, mistaken)).text


async def test_of_two_who_replace_credentials_at_once_the_later_is_told(person: Person) -> None:
    its_page = await account_of(person)
    there, gateway = f"{its_page}/credentials", person.admin.gateway
    form = {**ENTERED, **await seen(person, there, there)}
    # Its name is not what they are shown.
    await made(person, its_page, {"account_name": "x", **await seen(person, its_page, its_page)})
    await made(person, there, {**form, "apiv3_key": "f" * 32})
    late = await send(person, there, {**form, "apiv3_key": "e" * 32})
    assert (late.status_code, "has changed since you looked" in late.text) == (409, True)
    assert ("e" * 32 in late.text, SECRET in late.text) == (False, False)
    now = fields_of(late.text, there.removeprefix("/console/"))
    assert (now["version"], now["mchid"]) != (form["version"], "")
    assert {"version": now["version"]} == await seen(person, there, there)
    await replaced(person, its_page, {**ENTERED, "apiv3_key": "e" * 32})
    assert gateway.checked[-1]["apiv3_key"] == "e" * 32


@pytest.mark.parametrize(("language", "words"), [("zh", "私钥与序列号不是一对"), ("en", "no pair")])
async def test_trial_is_told_in_words(person: Person, language: str, words: str) -> None:
    its_page = await account_of(person)
    trial = {
        "ok": False,
        "code": "SIGN_ERROR",
        "message": "错误的签名",
        "field": "merchant_private_key_pem",
        "words": {"zh": "私钥与序列号不是一对", "en": "private key and serial are no pair"},
    }
    person.admin.gateway.trials = [JSONResponse(trial)]
    assert "trial" not in (await send(person, f"{its_page}/test", {})).headers["location"]
    shown = await page(person, its_page, language)
    assert words in shown
    assert "SIGN_ERROR" in shown
    title = PLUGIN.form.find("merchant_private_key_pem")
    assert title is not None
    assert title.title.of(language) in shown
    await replaced(person, its_page, ENTERED)
    assert words not in await page(person, its_page, language)


async def test_trial_that_cannot_be_made_says_so(person: Person) -> None:
    its_page = await account_of(person)
    person.admin.gateway.trials = [problem(503, "overloaded")]
    answer = await send(person, f"{its_page}/test", {})
    assert "Cannot be tried just now" in await page(person, answer.headers["location"])


async def test_what_came_of_credentials_that_were_replaced_meanwhile_is_not_kept(
    person: Person,
) -> None:
    """The channel takes its time: 15 s, and the gateway's six tries before."""
    its_page = await account_of(person)
    gateway = person.admin.gateway
    gateway.trials = [JSONResponse({"ok": False, "code": "SIGN_ERROR", "message": "x"})]
    gateway.answering.clear()
    trial = asyncio.create_task(send(person, f"{its_page}/test", {}))
    await gateway.is_trying.wait()
    await replaced(person, its_page, ENTERED)
    gateway.answering.set()
    assert (await trial).status_code == 303
    shown = await page(person, its_page)
    assert ("SIGN_ERROR" in shown, "have not been tried" in shown) == (False, True)


async def test_app_shows_its_secret_once(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    form = {**TERMS, "merchant_ids": merchant.rsplit("/", 1)[1], "ip_allowlist": "203.0.113.0/24"}
    answer = await send(person, "/console/apps", form)
    secret = re.search(r"whsec_[\w+/=]+", answer.text)
    its_page = re.search(r"/console/apps/A\w{26}", answer.text)
    assert answer.status_code == 200
    assert secret is not None
    assert its_page is not None
    shown = await page(person, its_page.group())
    assert "whsec_" not in shown
    assert "203.0.113.0/24" in shown
    assert merchant in shown
    path = f"{its_page.group()}/webhook-secret"
    form = fields_of(shown, path.removeprefix("/console/"))
    answer = await send(person, path, form)
    rotated = re.search(r"whsec_[\w+/=]+", answer.text)
    assert rotated is not None
    again = await send(person, path, form)
    assert (again.status_code, "whsec_" in again.text) == (409, False)
    assert rotated.group() != secret.group()
    assert "Old secret is valid until" in await page(person, its_page.group())


async def test_app_and_key_that_are_sent_again_are_made_once(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    number = fields_of(await page(person, "/console/apps/new"), "apps")["number"]
    form = {**TERMS, "merchant_ids": merchant.rsplit("/", 1)[1], "number": number}
    assert f"/console/apps/{number}" in (await send(person, "/console/apps", form)).text
    again = await send(person, "/console/apps", form)
    assert (again.status_code, "whsec_" in again.text) == (422, False)
    assert "It is made already; its secret is shown once only." in again.text
    path = f"/console/apps/{number}/keys"
    shown = await page(person, f"/console/apps/{number}")
    form = {"alg": "HMAC-SHA256", "number": fields_of(shown, f"apps/{number}/keys")["number"]}
    assert (await send(person, path, form)).status_code == 200
    again = await send(person, path, form, language="zh")
    assert (again.status_code, "已创建，未再次创建" in again.text) == (422, True)
    assert again.text.count("<code>K") == 1


async def test_a_form_sent_twice_makes_one_merchant(person: Person) -> None:
    shown = fields_of(await page(person, "/console/merchants/new"), "merchants")
    form = {"name": "万科物业", "number": shown["number"]}
    first = await made(person, "/console/merchants", form)
    assert await made(person, "/console/merchants", form) == first
    other = await send(person, "/console/merchants", {**form, "name": "万物云"}, language="zh")
    assert (other.status_code, "此表单已创建过一项" in other.text) == (422, True)
    fresh = fields_of(other.text, "merchants")["number"]
    assert await made(person, "/console/merchants", {"name": "万物云", "number": fresh}) != first
    assert len((await person.admin.http.get("/api/merchants")).json()["items"]) == 2


async def test_a_merchant_has_an_account_once(person: Person) -> None:
    """Sent twice, or typed twice; another merchant may have it too."""
    its_page = await account_of(person)
    account_id = its_page.rpartition("/")[2]
    account = (await person.admin.http.get(f"/api/channel-accounts/{account_id}")).json()
    accounts = f"/console/merchants/{account['merchant_id']}/channel-accounts"
    for form in (ENTERED, {**ENTERED, "number": account_id}):
        again = await send(person, accounts, form, language="zh")
        assert (again.status_code, f"该账户已登记：{account_id}" in again.text) == (422, True)
        assert SECRET not in again.text
    await account_of(person)
    await made(person, accounts, {**ENTERED, "mchid": "1900000110"})
    await made(person, its_page, {"disabled": "1", **await seen(person, its_page, its_page)})
    await made(person, accounts, ENTERED)


async def test_a_new_account_waits_once(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    eyes = {"four_eyes": {"credentials": True}}
    url = merchant.replace("/console", "/api")
    assert (await person.admin.http.patch(url, json=eyes)).is_success
    new = await page(person, f"{merchant}/channel-accounts/new?channel=wechat")
    carried = fields_of(new, f"{merchant}/channel-accounts".removeprefix("/console/"))
    form = {**ENTERED, "number": carried["number"]}
    for _ in range(2):
        answer = await send(person, f"{merchant}/channel-accounts", form)
        assert answer.status_code in (202, 303), answer.text
    again = await send(person, f"{merchant}/channel-accounts", ENTERED, language="zh")
    assert (again.status_code, "正在等待复核" in again.text) == (422, True)
    waiting = (await person.admin.http.get("/api/approvals?state=waiting")).json()["items"]
    assert [it["subject"] for it in waiting] == [carried["number"]]


async def test_empty_lists_lead_nobody_to_a_form_that_they_have_not(person: Person) -> None:
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    app = await app_of(person)
    runs: dict[str, Any] = {"items": [], "next_cursor": None}
    person.admin.trade_core.answers["/internal/reconciliations"] = runs
    auditor = await Person.hired(person.admin, "auditor")
    for path, hint in (
        (merchant, "below"),
        (app, "below"),
        (f"{merchant}/look", "Make one on the merchant page"),
        ("/console/counter-codes", "below"),
        ("/console/reconciliations", "below"),
    ):
        assert hint in await page(person, path), path
        shown = await page(auditor, path)
        assert (hint in shown, "Administrators" in shown or "next morning" in shown) == (
            False,
            True,
        ), path


async def app_of(person: Person, **terms: str) -> str:
    """The page of a new app of a new merchant."""
    merchant = await made(person, "/console/merchants", {"name": "万科物业"})
    form = {**TERMS, "merchant_ids": merchant.rsplit("/", 1)[1], **terms}
    answer = await send(person, "/console/apps", form)
    found = re.search(r"/console/apps/A\w{26}", answer.text)
    assert found is not None, answer.text
    return found.group()


async def test_my_address_is_added_and_nothing_saved(person: Person) -> None:
    its_page = await app_of(person)
    form = {**TERMS, "name": "另一个", "ip_allowlist": "198.51.100.7", "my_address": "1"}
    answer = await send(person, its_page, {**form, "merchant_ids": "M1"})
    assert re.search(r">198\.51\.100\.7\n203\.0\.113\.9</textarea>", answer.text)
    assert "另一个" not in await page(person, its_page)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("merchant_ids", "M404"),
        ("notify_url", "ftp://x"),
        ("reinitiate_after_s", "soon"),
        ("ip_allowlist", "10.0.0.1/8"),
    ],
)
async def test_what_is_wrong_with_an_app_stands_under_its_field(
    person: Person, field: str, bad: str
) -> None:
    its_page = await app_of(person)
    merchant_ids = (await person.admin.http.get(f"/api/apps/{its_page.rsplit('/', 1)[1]}")).json()
    known = " ".join(merchant_ids["merchant_ids"])
    version = await seen(person, f"{its_page}/edit", its_page)
    form = {**TERMS, "merchant_ids": known, **version, field: bad}
    answer = await send(person, its_page, form)
    assert answer.status_code == 422
    assert f'id="wrong-{field}"' in answer.text
    assert bad in answer.text


async def test_keys_are_added_shown_once_and_deleted(person: Person) -> None:
    its_page = await app_of(person)
    answer = await send(person, f"{its_page}/keys", {"alg": "HMAC-SHA256", "pem": ""})
    key = re.search(r"K\w{26}", answer.text)
    assert key is not None
    assert "Shown this once" in answer.text
    assert "Shown this once" not in await page(person, its_page)
    await made(person, f"{its_page}/keys/{key.group()}/delete", {})
    assert key.group() not in await page(person, its_page)
    answer = await send(person, f"{its_page}/keys", {"alg": "RSA-SHA256", "pem": "no key"})
    assert answer.status_code == 422
    assert 'id="wrong-pem"' in answer.text


async def test_ping_shows_its_attempt(person: Person) -> None:
    its_page = await app_of(person, notify_url="https://app.example/hook")
    event_id = "E01JGZ7K8M9N0P1Q2R3S4T5V6W7"
    attempt = {
        "at": datetime.now(UTC).isoformat(), "status": 500, "error": None,
        "latency_ms": 12, "answer": "no such route",
    }  # fmt: skip
    delivery = {
        **DELIVERY, "event_id": event_id, "type": "ping", "attempts": [attempt],
        "app_id": its_page.rsplit("/", 1)[1], "state": "pending",
    }  # fmt: skip
    person.admin.notifier.answers |= {
        "/internal/pings": delivery,
        "/internal/all-deliveries": {"items": [delivery], "next_cursor": None},
    }
    answer = await send(person, f"{its_page}/ping", {})
    asked = [body for _, path, body in person.admin.notifier.calls if path == "/internal/pings"]
    assert [body and body["url"] for body in asked] == ["https://app.example/hook"]
    shown = await page(person, answer.headers["location"])
    assert "HTTP 500" in shown
    assert "no such route" in shown


async def test_ping_needs_an_address(person: Person) -> None:
    its_page = await app_of(person)
    answer = await send(person, f"{its_page}/ping", {})
    assert "Enter a callback address first" in await page(person, answer.headers["location"])


async def test_staff_look_and_find_no_button(person: Person) -> None:
    admin = person.admin
    paths = [await account_of(person), await app_of(person)]
    auditor = await Person.hired(admin, "auditor")
    for path in [*paths, "/console/merchants", "/console/apps", "/console/channel-accounts"]:
        shown = await page(auditor, path)
        assert shown.count('method="post"') == 1, path
    assert (await send(auditor, f"{paths[0]}/test", {})).status_code == 403


async def snippet(person: Person, its_page: str, name: str) -> str:
    shown = await page(person, f"{its_page}/hand-over")
    found = re.search(rf'<pre class="snippet" id="{name}"[^>]*>(.*?)</pre>', shown, re.DOTALL)
    assert found is not None
    return html.unescape(found.group(1))


async def test_hand_over_shows_calls_that_are_signed_right(person: Person) -> None:
    its_page = await app_of(person)
    answer = await send(person, f"{its_page}/keys", {"alg": "HMAC-SHA256", "pem": ""})
    secret = re.search(r'<code class="whole">([^<]+)<', answer.text)
    assert secret is not None
    code = (await snippet(person, its_page, "python")).replace('"…"', repr(secret.group(1)))
    asked: list[urllib.request.Request] = []

    def urlopen(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        asked.append(request)
        return io.BytesIO(b"{}")

    exec(code.replace("urllib.request.urlopen(", "urlopen("), {"urlopen": urlopen})
    [request] = asked
    assert request.full_url == "https://pay.example/v1/payments"
    body = request.data
    assert isinstance(body, bytes)
    assert is_signed(request.headers["Authorization"], body, secret.group(1))

    shell = (await snippet(person, its_page, "curl")).replace("'…'", f"'{secret.group(1)}'")
    stub = 'curl() { printf "%s\\0" "$@"; }\n'
    ran = await asyncio.create_subprocess_exec(
        "bash", "-c", stub + shell, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await ran.communicate()
    arguments = printed.decode().split("\0")
    authorization = next(each for each in arguments if each.startswith("Authorization: "))
    sent = arguments[arguments.index("--data-binary") + 1].encode()
    assert is_signed(authorization.partition(": ")[2], sent, secret.group(1))


def is_signed(authorization: str, body: bytes, secret: str) -> bool:
    shown = signing.parse(authorization)
    text = signing.signed_text("POST", "/v1/payments", shown.timestamp, shown.nonce, body)
    return signing.hmac_key(secret).verify(text, shown.signature)


async def test_hand_over_shows_how_callbacks_are_believed(person: Person) -> None:
    its_page = await app_of(person)
    secret = webhooks.new_secret()
    code = (await snippet(person, its_page, "callback")).replace('"whsec_…"', repr(secret))
    known: dict[str, Any] = {}
    exec(code, known)
    body, now = b'{"type":"ping"}', int(time.time())
    text = f"E1.{now}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = "v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode()
    headers = {
        "webhook-id": "E1", "webhook-timestamp": str(now),
        "webhook-signature": f"v1,b2xk {signature}",
    }  # fmt: skip
    assert known["is_from_paymesh"](headers, body)
    assert not known["is_from_paymesh"](headers, body + b" ")
    assert not known["is_from_paymesh"]({**headers, "webhook-timestamp": str(now - 400)}, body)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "漏了查询串"), ("en", "the query was left")]
)
async def test_inspector_names_the_line_that_differs(
    person: Person, language: str, words: str
) -> None:
    its_page = await app_of(person)
    target = "/v1/orders/W1?merchant_id=M1"
    person.admin.gateway.found = {
        "verdict": "other_text",
        "clock_s": -900,
        "is_fresh": False,
        "text": f"GET\n{target}\n1\nn\n\n",
        "differences": [
            {
                "line": "target",
                "how": "without_query",
                "expected": target,
                "signed": "/v1/orders/W1",
            }
        ],
    }
    form = {"method": "GET", "target": target, "authorization": "PAYMESH-X", "body": ""}
    shown = (await send(person, f"{its_page}/signature", form, language=language)).text
    assert words in shown
    assert 'data-line="target"' in shown
    assert "900" in shown


async def test_inspector_is_for_those_who_may_see_the_app(person: Person) -> None:
    its_page = await app_of(person)
    auditor = await Person.hired(person.admin, "auditor")
    form = {"method": "GET", "target": "/v1/orders/W1"}
    assert (await send(auditor, f"{its_page}/signature", form)).status_code == 200
    another = "/console/apps/A01JGZ7K8M9N0P1Q2R3S4T5V6W7/signature"
    assert (await send(auditor, another, form)).status_code == 404
    long = {**form, "body": "x" * 70_000}
    assert (await send(auditor, f"{its_page}/signature", long, {"none": b"1"})).status_code == 422


async def test_who_comes_late_proves_who_they_are_and_no_secret_is_kept(person: Person) -> None:
    its_page = await account_of(person)
    person.admin.clock.ahead += timedelta(minutes=11)
    answer = await person.admin.anonymous.get(f"{its_page}/credentials", headers=person.headers)
    assert answer.status_code == 401
    assert 'action="/console/reauthentication"' in answer.text
    late = await send(person, f"{its_page}/credentials", ENTERED, {"x.file": b"1"})
    assert late.status_code == 401
    for secret in (SECRET, PRIVATE_KEY):
        assert secret not in late.text
    proof = {"password_again": PASSWORD, "back": f"{its_page}/credentials"}
    answer = await send(person, "/console/reauthentication", proof)
    assert answer.headers["location"] == f"{its_page}/credentials"
    assert "1900000109" in await page(person, f"{its_page}/credentials")
    away = {"back": "https://elsewhere.example/"}
    answer = await send(person, "/console/reauthentication", away)
    assert answer.headers["location"] == "/console"


async def test_an_app_takes_as_long_an_allow_list_as_its_field(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    merchant_id = (await admin.post("/api/merchants", {"name": "one"}))["merchant_id"]
    networks = "\r\n".join(f"203.0.{number}.0/24" for number in range(256)) + "\r\n" * 1_500
    form = {"name": "长" * 127, "merchant_ids": merchant_id, "ip_allowlist": networks}
    answer = await person.send("apps", **form)
    assert answer.status_code != httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert "203.0.255.0/24" in answer.text
