"""Amounts as Stripe counts them: whole numbers of what it takes for a currency's smallest unit.

That is the minor unit of ISO 4217, but for two currencies that have none any more and are still
counted in hundredths. Amounts with three decimals must end in 0, and those of the two in 00: Stripe
refuses others itself.

Source: docs.stripe.com/currencies (Zero-decimal currencies; Special cases)
"""

from typing import Final

from contracts.money import MINOR_DIGITS, Money
from gateway.channels.plugin import Unverifiable

CURRENCIES: Final = frozenset(MINOR_DIGITS)

_HUNDREDTHS: Final = frozenset({"ISK", "UGX"})


def write(money: Money) -> int:
    """The amount in Stripe's units."""
    return money.amount_minor * _units(money.currency)


def read(amount: object, currency: object) -> Money:
    """What Stripe says. Raises Unverifiable where it is no amount of a currency that we know."""
    name = currency.upper() if isinstance(currency, str) else ""
    if type(amount) is not int or name not in MINOR_DIGITS:
        raise Unverifiable("an amount that cannot be read")
    minor, finer = divmod(amount, _units(name))
    if finer:
        raise Unverifiable("an amount that is finer than its currency")
    return Money(minor, name)


def _units(currency: str) -> int:
    """How many of Stripe's units make one of ours."""
    return 100 if currency in _HUNDREDTHS else 1
