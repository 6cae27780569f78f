"""Money: whole minor units, exact in and out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.events.results import PaymentSucceeded
from contracts.money import MAX_AMOUNT, MINOR_DIGITS, Money


@given(
    amount=st.integers(min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT),
    currency=st.sampled_from(sorted(MINOR_DIGITS)),
)
def test_decimal_text_reads_back_as_the_same_money(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.from_decimal(money.decimal(), currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("12.99", "CNY", 1299), ("0.01", "CNY", 1), ("88.8", "CNY", 8880), ("7", "CNY", 700),
     ("500", "JPY", 500), ("1.005", "KWD", 1005), ("-10.00", "CNY", -1000), ("1.000", "CNY", 100)],
)  # fmt: skip
def test_decimal_text_is_read_exactly(text: str, currency: str, amount: int) -> None:
    assert Money.from_decimal(text, currency).amount_minor == amount


@pytest.mark.parametrize(
    "text", ["", ".", "1,00", "1e3", "0.001", "abc", "--1", "１２", " 1", "1.2.3"]
)
def test_what_is_not_an_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Money.from_decimal(text, "CNY")


@pytest.mark.parametrize("amount", [1.0, True, "1"])
def test_only_a_whole_number_is_money(amount: Any) -> None:
    with pytest.raises(TypeError):
        Money(amount, "CNY")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(ValueError):
        Money(1, "XXX")


@pytest.mark.parametrize("amount", ["1299.0", "12.99", "1.299e3", '"1299"', "true"])
def test_only_a_whole_number_is_the_amount_of_an_event(amount: str) -> None:
    written = (
        '{"payment_no": "P1", "payment_id": "C1", "channel": "wechat", "source": "notice",'
        ' "verdict": "succeeded", "amount": AMOUNT}'
    )
    assert PaymentSucceeded.model_validate_json(written.replace("AMOUNT", "1299")).amount == 1299
    with pytest.raises(ValidationError):
        PaymentSucceeded.model_validate_json(written.replace("AMOUNT", amount))
