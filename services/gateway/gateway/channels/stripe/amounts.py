"""Amounts as Stripe counts them: whole numbers of what it takes for a currency's smallest unit.

That is the minor unit of ISO 4217, but for two currencies that have none any more and are still
counted in hundredths. Amounts with three decimals must end in 0, and eight digits are the most.
How little is too little goes by the currency in which Stripe pays out: it says so itself.

Source: docs.stripe.com/currencies (Zero-decimal currencies; Special cases; Minimum and maximum
charge amounts)
"""

from typing import Final

from contracts.money import MINOR_DIGITS, Money
from contracts.words import Words
from gateway.channels.plugin import NotUnderstood, more_than_taken

CURRENCIES: Final = frozenset(MINOR_DIGITS)

MAX_UNITS: Final = 99_999_999

_HUNDREDTHS: Final = frozenset({"ISK", "UGX"})


def fault(money: Money) -> Words | None:
    """Why Stripe cannot carry this amount; None where it can."""
    if write(money) > MAX_UNITS:
        return more_than_taken(Money(MAX_UNITS // _units(money.currency), money.currency))
    if MINOR_DIGITS[money.currency] == 3 and money.amount_minor % 10:
        return Words(
            f"末位须为 0：渠道不收 {money.currency} 的第三位小数",
            f"must end in 0: the channel takes no third decimal of {money.currency}",
        )
    return None


def write(money: Money) -> int:
    """The amount in Stripe's units."""
    return money.amount_minor * _units(money.currency)


def read(amount: object, currency: object) -> Money:
    """What Stripe says. Raises NotUnderstood where it is no amount of a currency that we know."""
    name = currency.upper() if isinstance(currency, str) else ""
    if type(amount) is not int or name not in MINOR_DIGITS:
        raise NotUnderstood("an amount that cannot be read")
    minor, finer = divmod(amount, _units(name))
    if finer:
        raise NotUnderstood("an amount that is finer than its currency")
    return Money(minor, name)


def _units(currency: str) -> int:
    """How many of Stripe's units make one of ours."""
    return 100 if currency in _HUNDREDTHS else 1
