"""Amounts in the terminal: minor units of each currency's own kind."""

import pytest

from paymesh.cli.showing import money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1299, "CNY", "CNY 12.99"),
        (-123456, "USD", "-USD 1,234.56"),
        (1000, "JPY", "JPY 1,000"),
        (-5, "KWD", "-KWD 0.005"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown
