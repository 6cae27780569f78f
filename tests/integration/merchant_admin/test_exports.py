"""The lists as files: all that the filters find, as numbers and texts, page by page."""

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from foundation.spreadsheets import BOM, FORMULA_STARTS
from merchant_admin.flows import exporting, money_listings
from merchant_admin.flows.read_model import apply

from .conftest import Admin
from .people import Person
from .test_read_model import BEGAN, Story
from .test_splits import Split

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def exported(admin: Admin, things: str, **query: Any) -> list[dict[str, str]]:
    answer = await admin.http.get(f"/api/exports/{things}", params=query)
    assert answer.status_code == 200, answer.text
    return rows(answer)


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    text = answer.content.decode()
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


async def test_each_list_is_a_file(admin: Admin) -> None:
    story = Story().paid().refunded()
    split = Split(story, merchant_split_no="s-1")
    split.tell("split.created", "processing", "processing")
    await apply(admin.deps, story.events)
    [order] = await exported(admin, "orders")
    assert (order["amount"], order["amount_paid"], order["currency"]) == ("12.99", "12.99", "CNY")
    assert order["created_at_beijing"] == "2026-11-22 16:00:00"
    [payment] = await exported(admin, "payments")
    assert (payment["payment_no"], payment["amount_refunded"]) == (story.payment_no, "3.00")
    assert payment["paid_at_beijing"] == "2026-11-22 16:00:00"
    [refund] = await exported(admin, "refunds")
    assert (refund["refund_no"], refund["amount"], refund["reason"]) == (
        story.refund_no, "3.00", "多收",
    )  # fmt: skip
    [shared] = await exported(admin, "splits")
    assert shared["merchant_split_no"] == "s-1"


async def test_all_pages_are_there_once_the_newest_first(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money_listings, "PAGE", 3)
    for number in range(10):
        # Three of a moment: where a page ends within it, the number decides.
        at = BEGAN + timedelta(seconds=number // 3)
        await apply(admin.deps, Story(created_at=at, merchant_order_no=f"W{number}").paid().events)
    for things in ("orders", "payments"):
        found = await exported(admin, things)
        assert sorted(row["merchant_order_no"] for row in found) == [f"W{n}" for n in range(10)]
        times = [row["created_at_beijing"] for row in found]
        assert times == sorted(times, reverse=True)


async def test_only_what_the_filters_find(admin: Admin) -> None:
    for merchant in ("M1", "M2"):
        await apply(admin.deps, Story(merchant_id=merchant).paid().events)
    [row] = await exported(admin, "payments", merchant_id="M2", limit=1)
    assert row["merchant_id"] == "M2"
    assert await exported(admin, "payments", status="failed") == []


@pytest.mark.parametrize("start", FORMULA_STARTS)
async def test_no_text_is_a_formula(admin: Admin, start: str) -> None:
    text = f"{start}1+1"
    await apply(admin.deps, Story(subject=text).paid().events)
    [row] = await exported(admin, "orders")
    assert row["subject"] == f"'{text}"
    sheet = await workbook(admin, "orders")
    assert list(sheet.iter(f"{CELL}f")) == []
    assert text.strip() in "".join(sheet.itertext())


@pytest.mark.parametrize("number", ["4200002345202611228765432101", "000123", "12E34"])
async def test_no_number_is_rounded_in_a_spreadsheet_of_a_person(admin: Admin, number: str) -> None:
    await apply(admin.deps, Story(merchant_order_no=number).paid().events)
    person = await Person.logged_in(admin)
    [row] = rows(await person.get("exports/orders", format="csv"))
    assert row["Merchant order no."] == f"{number}\t"
    [row] = await exported(admin, "orders")
    assert row["merchant_order_no"] == number


async def test_amounts_and_times_of_a_workbook_are_numbers(admin: Admin) -> None:
    await apply(admin.deps, Story().paid().events)
    sheet = await workbook(admin, "payments")
    values = [cell.text for cell in sheet.iter(f"{CELL}v")]
    assert "12.99" in values
    assert any(value and value.startswith("46348.666") for value in values)


async def workbook(admin: Admin, things: str) -> ElementTree.Element:
    answer = await admin.http.get(f"/api/exports/{things}", params={"format": "xlsx"})
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))


async def test_what_is_too_much_is_refused_with_words(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MAX_ROWS", 1)
    for _ in range(2):
        await apply(admin.deps, Story().paid().events)
    answer = await admin.http.get("/api/exports/orders")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "filter further" in answer.json()["detail"]
    assert await exports_audited(admin) == []


async def test_an_export_is_audited(admin: Admin) -> None:
    await apply(admin.deps, Story().paid().events)
    await exported(admin, "payments", channel="wechat", created_from=BEGAN.isoformat())
    [entry] = await exports_audited(admin)
    assert entry["entity_id"] == "payments"
    assert entry["after"] == {
        "format": "csv", "rows": 1, "channel": "wechat",
        "created_from": "2026-11-22T08:00:00+00:00",
    }  # fmt: skip


async def test_a_list_in_the_console_leads_to_its_file_with_its_filters(admin: Admin) -> None:
    for merchant in ("M1", "M2"):
        await apply(admin.deps, Story(merchant_id=merchant).paid().refunded().events)
    person = await Person.logged_in(admin)
    for things in ("orders", "payments", "refunds", "splits"):
        page = await person.open_page(things, merchant_id="M2")
        assert f"/console/exports/{things}?merchant_id=M2&amp;format=xlsx" in page
        answer = await person.get(f"exports/{things}", merchant_id="M2", format="csv")
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="{things}-')
        assert {row["Merchant id"] for row in rows(answer)} == (
            set() if things == "splits" else {"M2"}
        )


async def test_the_console_says_that_a_list_is_too_long(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MAX_ROWS", 1)
    for _ in range(2):
        await apply(admin.deps, Story().paid().events)
    person = await Person.logged_in(admin)
    answer = await person.get("exports/payments", state="succeeded", format="xlsx")
    assert answer.status_code == 303
    page = await admin.anonymous.get(answer.headers["location"], headers=person.headers)
    assert "Make it in the background" in page.text
    assert "/console/exports/in-background/payments?state=succeeded&amp;format=xlsx" in page.text


async def exports_audited(admin: Admin) -> list[dict[str, Any]]:
    answer = await admin.http.get("/api/audit", params={"action": "export.made"})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_exports_beyond_two_at_once_wait_outside(admin: Admin) -> None:
    async with admin.deps.exports, admin.deps.exports:
        answer = await admin.http.get("/api/exports/orders")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert await exported(admin, "orders") == []
