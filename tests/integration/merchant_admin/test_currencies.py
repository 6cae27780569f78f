"""Yen have no decimals, dinars have three: in lists, files and searches alike."""

import pytest

from merchant_admin.flows.read_model import apply

from .conftest import Admin
from .people import Person
from .test_exports import CELL, exported, workbook
from .test_read_model import Story

AMOUNTS = pytest.mark.parametrize(
    ("currency", "shown", "plain", "returned"),
    [
        ("JPY", "1,299 JPY", "1299", "300"),
        ("KWD", "1.299 KWD", "1.299", "0.300"),
        ("CNY", "¥12.99", "12.99", "3.00"),
    ],
)


@AMOUNTS
async def test_amounts_are_shown_and_written_in_their_currency(
    admin: Admin, currency: str, shown: str, plain: str, returned: str
) -> None:
    await apply(admin.deps, Story(currency=currency).paid().refunded().events)
    person = await Person.logged_in(admin)
    for page in ("orders", "payments"):
        assert shown in await person.open_page(page)
    [payment] = await exported(admin, "payments")
    assert (payment["amount"], payment["amount_refunded"]) == (plain, returned)
    assert payment["currency"] == currency
    [refund] = await exported(admin, "refunds")
    assert refund["amount"] == returned
    sheet = await workbook(admin, "payments")
    assert plain in [cell.text for cell in sheet.iter(f"{CELL}v")]


@pytest.mark.parametrize("page", ["orders", "payments"])
@pytest.mark.parametrize(
    ("least", "most", "found"),
    [
        ("1000", "", {"JPY"}),
        ("12.99", "12.99", {"CNY"}),
        ("", "1.299", {"KWD"}),
        ("1.3", "1299", {"CNY", "JPY"}),
        ("0", "", {"CNY", "JPY", "KWD"}),
    ],
)
async def test_a_search_by_amount_means_whole_units_of_each_currency(
    admin: Admin, page: str, least: str, most: str, found: set[str]
) -> None:
    stories = {each: Story(currency=each).paid() for each in ("CNY", "JPY", "KWD")}
    for story in stories.values():
        await apply(admin.deps, story.events)
    person = await Person.logged_in(admin)
    text = await person.open_page(page, min=least, max=most)
    shown = {each for each, story in stories.items() if story.merchant_order_no in text}
    assert shown == found
