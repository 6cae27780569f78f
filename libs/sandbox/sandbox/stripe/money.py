"""How Stripe counts: in minor units, with its special cases.

Source: docs.stripe.com/currencies
"""

from sandbox.money import THOUSANDTHS, WHOLE
from sandbox.stripe.wire import Refusal

HUNDREDS = frozenset(["isk", "ugx"])
"""Without a minor unit in life, and with two decimals here, which must be 00."""
OTHERS = frozenset(
    ["aud", "cad", "chf", "cny", "eur", "gbp", "hkd", "huf", "mop", "myr", "nzd", "sgd", "thb",
     "twd", "usd"]
)  # fmt: skip
MAX_AMOUNT = 99_999_999


def check(amount: int | None, currency: str, param: str) -> int:
    """The amount, where Stripe takes it."""
    if currency not in WHOLE | THOUSANDTHS | HUNDREDS | OTHERS:
        raise Refusal(400, f"Invalid currency: {currency}", param="currency")
    if amount is None or amount < 1:
        raise Refusal(
            400, "Amount must be at least 1", code="parameter_invalid_integer", param=param
        )
    if amount > MAX_AMOUNT:
        raise Refusal(
            400, "Amount must be no more than 99999999", code="amount_too_large", param=param
        )
    if (currency in THOUSANDTHS and amount % 10) or (currency in HUNDREDS and amount % 100):
        raise Refusal(
            400,
            f"Invalid amount: {currency} must end in {'0' if currency in THOUSANDTHS else '00'}",
            code="parameter_invalid_integer",
            param=param,
        )
    return amount
