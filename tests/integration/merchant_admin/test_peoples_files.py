"""The files of the console: in the language of who takes them, in the words of the page, and with
no code of a program in them."""

import csv
import html
import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree

import httpx
import pytest

from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from foundation.spreadsheets import BOM
from gateway.channels.plugin import schema
from gateway.channels.wechat import PLUGIN
from merchant_admin.api.console.sheets import SHEETS
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.flows.background_exports import make_next
from merchant_admin.flows.read_model import apply

from .conftest import PASSWORD, Admin
from .people import Person
from .test_books import LETTER
from .test_callbacks import AT, DELIVERY, ENDPOINT
from .test_configuration import CREDENTIALS
from .test_console_setup import KEY
from .test_console_statements import PATH as PERIODS
from .test_console_statements import period
from .test_counter_codes import AMOUNTS
from .test_exports import CELL
from .test_listing_exports import LISTS
from .test_read_model import Story
from .test_reconciliations import DIFFERENCE, STATEMENT, STATEMENT_NO
from .test_refunds import payment
from .test_splits import Split

PAGES: Final = {
    **LISTS, "orders": "orders", "payments": "payments", "refunds": "refunds", "splits": "splits",
    "statements": "statements", "certificates": "certificates",
    "differences": f"reconciliations/{STATEMENT_NO}",
}  # fmt: skip
"""By the name of the file the page that leads to it."""

ASKED: Final = {"approvals": {"state": "all"}, "certificates": {"ending": "any"}}

DATA: Final = re.compile(
    r"https?://\S+|[A-Z][0-9A-HJKMNP-TV-Z]{26}|\b(?:admin|li)\b|CNY|HTTP \d+|2xx|HMAC|SHA-256"
    r"|\(mchid\)|\b[0-9a-f]{12,64}\b|paymesh\.payment-results\.v1|nobody here knows P1"
)
"""What is nobody's word: addresses, numbers, names of people, and what a machine wrote."""


def of_a_program(cell: str) -> str | None:
    """What a Chinese file must not have: a word of a program, or its JSON."""
    found = re.search(r"[a-z]{2,}|[a-z]_|[{}\[\]\"]", DATA.sub("", cell))
    return found and cell


async def a_chinese_house(admin: Admin) -> dict[str, str]:
    """With one of everything, named in Chinese; what the addresses of its pages have."""
    admin.gateway.schema, admin.gateway.keys = schema(PLUGIN.credentials, PLUGIN.form), [KEY]
    merchant_id = (await admin.post("/api/merchants", {"name": "绿城物业"}))["merchant_id"]
    account = {"channel": "wechat", "name": "总部收款", "credentials": CREDENTIALS}
    path = f"/api/merchants/{merchant_id}/channel-accounts"
    payment_id = (await admin.post(path, account))["payment_id"]
    terms = {
        "name": "收费系统", "merchant_ids": [merchant_id], "notify_url": "https://app.example/cb",
    }  # fmt: skip
    app_id = (await admin.post("/api/apps", terms))["app_id"]
    await admin.post(f"/api/apps/{app_id}/keys", {"alg": "HMAC-SHA256"})
    code = {"merchant_id": merchant_id, "app_id": app_id, "name": "前台", **AMOUNTS}
    await admin.post("/api/counter-codes", code)
    await admin.post("/api/tokens", {"name": "对账脚本", "role": "auditor"})
    staff = {"username": "li", "password": PASSWORD, "role": "merchant_staff"}
    await admin.post("/api/users", {**staff, "merchant_ids": [merchant_id]})
    whose = {"merchant_id": merchant_id, "app_id": app_id}
    story = Story(**whose).paid()
    failed = {"code": "NOTENOUGH", "message": "余额不足"}
    story.tell(
        OrderEventType.REFUND_FAILED,
        order=story.order("paid"), refund=story.refund("failed") | {"failure": failed},
    )  # fmt: skip
    split = Split(story, merchant_split_no="1", payment_id=payment_id)
    split.tell("split.succeeded", "succeeded", "succeeded")
    await apply(admin.deps, story.events)
    await ask_for_all(admin, merchant_id, payment_id, app_id)
    speak(admin, {**whose, "payment_id": payment_id})
    return whose


async def ask_for_all(admin: Admin, merchant_id: str, payment_id: str, app_id: str) -> None:
    """Of each kind something waits for a second person."""
    four_eyes = {"refunds_from": 1, "credentials": True, "callback_addresses": True}
    merchant = f"/api/merchants/{merchant_id}"
    await admin.http.patch(merchant, json={"four_eyes": four_eyes})
    admin.trade_core.payment = payment() | {"merchant_id": merchant_id, "subject": "物业费"}
    number = admin.trade_core.payment["payment_no"]
    refund = {"amount": 500, "merchant_refund_no": "1", "reason": "多收"}
    account = f"/api/channel-accounts/{payment_id}"
    for answer in (
        await admin.http.patch(merchant, json={"four_eyes": {**four_eyes, "credentials": False}}),
        await admin.http.post(f"/api/payments/{number}/refunds", json=refund),
        await admin.http.patch(account, json={"credentials": CREDENTIALS}),
        await admin.http.patch(f"/api/apps/{app_id}", json={"notify_url": "https://b.example"}),
    ):
        assert answer.status_code == 202, answer.text


def speak(admin: Admin, whose: Mapping[str, str]) -> None:
    """What the other services keep."""
    at = {name: whose[name] for name in ("merchant_id", "payment_id")}
    merchant, app = {"merchant_id": whose["merchant_id"]}, {"app_id": whose["app_id"]}
    statement = {**STATEMENT, **at, "note": "senseless: the channel answered with something else"}
    differences = {"items": [{**DIFFERENCE, **at}], "next_cursor": None}
    balances = [
        {**at, "currency": "CNY", "purpose": purpose, "amount": amount}
        for purpose, amount in (("channel_receivable", 1299), ("merchant_payable", -1299))
    ]
    admin.trade_core.answers |= {
        "/internal/reconciliations": {"items": [statement], "next_cursor": None},
        f"/internal/reconciliations/{STATEMENT_NO}": {**statement, "differences": differences},
        "/internal/dead-letters": {"items": [LETTER], "next_cursor": None},
        "/internal/ledger/balances": {"items": balances, "next_cursor": None},
        PERIODS: period(whose["merchant_id"], whose["app_id"]),
    }
    tried = {"at": AT, "status": 500, "error": "bad_status", "latency_ms": 7, "answer": None}
    delivery = {**DELIVERY, **merchant, **app, "attempts": [tried], "merchant_order_no": "1"}
    facts = {
        "payment_no": new_id("payment"), "channel": "wechat", "our_amount": 1299,
        "our_currency": "CNY", "failure": "timeout", "url": "https://app.example/cb",
    }  # fmt: skip
    alert = {
        "key": f"payment.conflicted:{facts['payment_no']}", "severity": "critical", "title": "t",
        "detail": "A payment is in conflict.", **merchant, "facts": facts, "first_at": AT,
        "last_at": AT, "total": 3, "acknowledged_by": "li", "acknowledged_at": AT,
    }  # fmt: skip
    address = {**ENDPOINT, **app, "suspended_at": AT, "suspended_for": "gone"}
    admin.notifier.answers |= {
        "/internal/all-deliveries": {"items": [delivery], "next_cursor": None},
        "/internal/endpoints": {"items": [address], "next_cursor": None},
        "/internal/alerts/search": {"items": [alert], "next_cursor": None},
    }


async def reader_of(admin: Admin, language: str) -> Person:
    person = await Person.logged_in(admin)
    person.headers["Accept-Language"] = language
    return person


def asked(things: str, whose: Mapping[str, str]) -> dict[str, str]:
    if things == "statements":
        return {"merchant_id": whose["merchant_id"], "day": "2026-01-05"}
    return {"statement_no": STATEMENT_NO} if things == "differences" else ASKED.get(things, {})


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    text = answer.content.decode()
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def heads(things: str, language: str) -> list[str]:
    column = 0 if language == "zh" else 1
    return [TEXTS[it.head][column] for it in SHEETS.by_list[things].columns]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_each_file_is_in_the_language_of_who_takes_it(admin: Admin, language: str) -> None:
    whose = await a_chinese_house(admin)
    person = await reader_of(admin, language)
    assert set(PAGES) == set(SHEETS.by_list)
    for things in PAGES:
        answer = await person.get(f"exports/{things}", format="csv", **asked(things, whose))
        found = rows(answer)
        assert found, things
        assert list(found[0]) == heads(things, language), things
        name = unquote(answer.headers["content-disposition"].partition("filename*=UTF-8''")[2])
        title = TEXTS[things][0 if language == "zh" else 1]
        assert re.fullmatch(rf"{title}-\d{{8}}-\d{{6}}\.csv", name), name
        book = await person.get(f"exports/{things}", format="xlsx", **asked(things, whose))
        assert heads_of(book) == heads(things, language), things


def heads_of(answer: httpx.Response) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    texts = ["".join(it.itertext()) for it in shared]
    [head] = [row for row in sheet.iter(f"{CELL}row") if row.get("r") == "1"]
    return [texts[int(cell.findtext(f"{CELL}v") or 0)] for cell in head]


async def test_no_word_of_a_program_is_in_a_chinese_file(admin: Admin) -> None:
    whose = await a_chinese_house(admin)
    person = await reader_of(admin, "zh")
    for things in PAGES:
        found = rows(await person.get(f"exports/{things}", format="csv", **asked(things, whose)))
        wrong = {
            head: cell
            for row in found
            for head, cell in row.items()
            if of_a_program(cell) and head != TEXTS["raw_text"][0]
        }
        assert wrong == {}, things


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_file_says_what_its_page_says(admin: Admin, language: str) -> None:
    whose = await a_chinese_house(admin)
    person = await reader_of(admin, language)
    for things, page in PAGES.items():
        query = asked(things, whose)
        found = rows(await person.get(f"exports/{things}", format="csv", **query))
        query.pop("statement_no", None)
        shown = await person.open_page(page, **query)
        titles = {plain(it) for it in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", shown, re.S)}
        text = plain(shown)
        both = {head for row in found for head in row if head in titles}
        assert both or things == "approvals", things
        for row in found:
            missing = [
                part
                for head in both
                for part in re.split(r" · |；|; |：|: | → ", row[head])
                if part.strip() and not is_shown(part.strip(), text)
            ]
            assert missing == [], (things, row)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def is_shown(cell: str, text: str) -> bool:
    """Amounts stand there with their thousands, and without the sign of what went out."""
    if cell in ("0.00", "0"):
        return True
    if re.fullmatch(r"-?\d+\.\d\d", cell):
        return f"{abs(float(cell)):,.2f}" in text
    return all(word in text for word in cell.split())


async def test_a_file_made_in_the_background_is_in_the_language_it_was_asked_for_in(
    admin: Admin,
) -> None:
    await a_chinese_house(admin)
    for language, state in (("zh", "已支付"), ("en", "Paid")):
        person = await reader_of(admin, language)
        assert (await person.send("exports/in-background/orders?format=csv")).status_code == 303
        assert await make_next(admin.deps)
        [export, *_] = (await admin.http.get("/api/exports")).json()["items"]
        answer = await person.get(f"exports/{export['export_id']}/file")
        [row] = rows(answer)
        assert list(row) == heads("orders", language)
        assert state in row.values()
        title = TEXTS["orders"][0 if language == "zh" else 1]
        assert f"UTF-8''{title}-" in unquote(answer.headers["content-disposition"])


async def test_what_the_release_before_was_asked_for_is_in_chinese(admin: Admin) -> None:
    await a_chinese_house(admin)
    person = await reader_of(admin, "en")
    await person.send("exports/in-background/orders")
    async with admin.deps.db.transaction() as tx:
        await tx.execute("update export set language = null")
    assert await make_next(admin.deps)
    [export] = (await admin.http.get("/api/exports")).json()["items"]
    [row] = rows(await person.get(f"exports/{export['export_id']}/file"))
    assert list(row) == heads("orders", "zh")


async def test_the_language_that_was_chosen_goes_before_that_of_the_browser(admin: Admin) -> None:
    await a_chinese_house(admin)
    person = await reader_of(admin, "en")
    person.headers["Cookie"] += "; paymesh_language=zh"
    [row] = rows(await person.get("exports/orders"))
    assert list(row) == heads("orders", "zh")
    [row] = rows(await person.get("exports/orders", lang="en"))
    assert list(row) == heads("orders", "en")


async def test_what_one_may_not_know_by_name_stays_a_number(admin: Admin) -> None:
    """An app that works for others, too, has no name for a company's own people."""
    whose = await a_chinese_house(admin)
    other = (await admin.post("/api/merchants", {"name": "别家"}))["merchant_id"]
    shared = {"name": "集团系统", "merchant_ids": [whose["merchant_id"], other]}
    app_id = (await admin.post("/api/apps", shared))["app_id"]
    story = Story(merchant_id=whose["merchant_id"], app_id=app_id, merchant_order_no="2").paid()
    await apply(admin.deps, story.events)
    person = await Person.logged_in(admin, "li")
    person.headers["Accept-Language"] = "zh"
    apps = {row["应用"] for row in rows(await person.get("exports/orders"))}
    assert apps == {"收费系统", app_id}
