"""How values look on the pages, and that they are told in both languages."""

from datetime import UTC, datetime

import pytest

from merchant_admin.api.console.shown import moment, money
from merchant_admin.api.console.texts import TEXTS


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


def test_every_text_is_there_in_both_languages() -> None:
    assert all(chinese and english for chinese, english in TEXTS.values())
