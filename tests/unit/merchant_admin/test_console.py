"""How values and languages look on the pages."""

from datetime import UTC, datetime

import pytest

from merchant_admin.api.console.shown import moment, money
from merchant_admin.api.console.texts import TEXTS, Words, language_of


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1299, "CNY", "¥12.99"),
        (5, "CNY", "¥0.05"),
        (123_456_789_00, "CNY", "¥123,456,789.00"),
        (-1299, "CNY", "-¥12.99"),
        (1299, "JPY", "1,299 JPY"),
        (1299, "KWD", "1.299 KWD"),
    ],
)
def test_money_is_shown_in_the_currencys_own_unit(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


def test_moments_are_shown_in_beijing_time() -> None:
    assert moment(datetime(2026, 12, 31, 16, 0, 1, tzinfo=UTC)) == "2027-01-01 00:00:01"
    assert moment(None) == "—"


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "language"),
    [
        (None, None, "", "zh"),
        (None, None, "en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        (None, None, "en;q=0.1, zh-CN;q=0.8", "zh"),
        (None, None, "fr, de;q=0.9", "zh"),
        (None, None, "en;q=0", "zh"),
        (None, None, "en;q=junk;;,,", "zh"),
        (None, "en", "zh", "en"),
        ("zh", "en", "en", "zh"),
        ("xx", None, "en", "en"),
    ],
)
def test_the_reader_decides_the_language(
    asked: str | None, kept: str | None, accepted: str, language: str
) -> None:
    assert language_of(asked, kept, accepted) == language


def test_every_text_is_there_in_both_languages() -> None:
    assert all(chinese and english for chinese, english in TEXTS.values())
    assert Words("zh")("channel.newbank") == "newbank"
