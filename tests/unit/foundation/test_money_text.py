"""Amounts and times as people read and type them."""

from datetime import UTC, datetime

import pytest

from foundation.money_text import minor_units, minute, moment, money, plain_amount


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1299, "CNY", "¥12.99"),
        (0, "CNY", "¥0.00"),
        (5, "CNY", "¥0.05"),
        (-5, "CHF", "-0.05 CHF"),
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
    assert minute(datetime(2026, 12, 31, 16, 0, 59, tzinfo=UTC)) == "2027-01-01 00:00"


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.5", "CNY", 1250),
        (" 12.50 ", "CNY", 1250),
        ("12.500", "CNY", 1250),
        ("1,234.50", "CNY", 1234_50),
        ("1299", "JPY", 1299),
        ("1.299", "KWD", 1299),
        ("0", "CNY", 0),
        ("12.505", "CNY", None),
        ("1299.5", "JPY", None),
        ("1,5", "CNY", None),
        ("1,2345", "CNY", None),
        (",500", "CNY", None),
        ("-1", "CNY", None),
        ("1e3", "CNY", None),
        ("¥5", "CNY", 500),
        ("١٢", "CNY", None),
        (".5", "CNY", None),
        ("1" * 13, "CNY", None),
        ("", "CNY", None),
        ("１２．５０", "CNY", 1250),
        ("１，２３４", "CNY", 123_400),
        ("￥12.5", "CNY", 1250),
        ("¥ 1,234.50元", "CNY", 123_450),
        ("12 元", "CNY", 1200),
        ("　12　", "CNY", 1200),
        ("元", "CNY", None),
        ("1²", "CNY", None),
        ("¥12", "USD", None),
        ("１２", "JPY", 12),
    ],
)
def test_what_is_typed_is_this_amount_or_none(text: str, currency: str, amount: int | None) -> None:
    assert minor_units(text, currency) == amount


@pytest.mark.parametrize("currency", ["CNY", "JPY", "KWD"])
def test_a_plain_amount_is_read_back_as_it_was(currency: str) -> None:
    assert minor_units(plain_amount(123_450, currency), currency) == 123_450
