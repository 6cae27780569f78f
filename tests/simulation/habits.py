"""What an app and its payers like to do; drawn anew for each seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tests.simulation.chance import Chance
from tests.simulation.features import Feature

SHORT: Final = ((20,), (60, 300))
LONG: Final = ((900,), (900, 7200))
"""For how long an order may be paid; a link that lies about unopened lies longest."""

BRIEF: Final = (10, 20)
"""Shorter than any channel takes: the link lives on there (`contracts.payable`)."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Of what has no rate, the chance of each try."""

    orders: int
    repeats: float
    switches: float
    closes: float
    refunds: float
    splits: float
    cashier: float
    barcode: float
    links: float
    forgets: float
    """The chance that the app does nothing more about an order once its link is shown."""
    asks_password: float
    types_slowly: float
    """The chance that the password is complete only just before our close arrives."""
    impatient: float
    """The chance that the app closes while its own request is under way."""
    pays: float
    late: float
    wrong_amount: float
    wrong_currency: float
    silent: float
    strangers: float
    hangs_up: float
    currencies: Sequence[str]
    expires_in_s: Sequence[int]


def usual(chance: Chance, features: frozenset[Feature]) -> Habits:
    """The habits of one seed."""

    def where(feature: Feature, rates: tuple[float, ...]) -> float:
        rate = chance.pick(rates)
        return rate if feature in features else 0

    habits = Habits(
        orders=chance.whole(1, 3),
        repeats=chance.pick((0, 0.5)),
        switches=chance.pick((0, 0.6)),
        closes=where(Feature.REVERSALS, (0.3, 0.8)) or chance.pick((0, 0.3, 0.8)),
        refunds=chance.pick((0, 0.5, 0.9)),
        splits=chance.pick((0, 0.8)),
        cashier=chance.pick((0, 0.4, 0.8)),
        barcode=where(Feature.REVERSALS, (0.5, 0.8)) or chance.pick((0, 0.2)),
        links=where(Feature.LINKS, (0.4, 0.9)),
        asks_password=where(Feature.REVERSALS, (0.9,)),
        types_slowly=where(Feature.REVERSALS, (0.8,)),
        impatient=chance.pick((0, 0.8, 0.8)),
        pays=chance.pick((0.5, 0.9)),
        late=chance.pick((0, 0.3)),
        wrong_amount=chance.pick((0, 0, 0.2)) or where(Feature.DECISIONS, (0.8,)),
        wrong_currency=where(Feature.CURRENCIES, (0.2, 0.6)),
        silent=chance.pick((0, 0.3)) or where(Feature.LINKS, (0, 0.7)),
        strangers=where(Feature.STRANGERS, (0.3, 0.8)),
        hangs_up=chance.pick((0, 0, 0.3)),
        currencies=("CNY", "JPY", "USD") if Feature.CURRENCIES in features else ("CNY",),
        expires_in_s=chance.pick(LONG if Feature.LINKS in features else (*SHORT, *LONG)),
        forgets=where(Feature.LINKS, (0.3, 0.8)),
    )
    if Feature.BRIEF_LINKS not in features or Feature.LINKS in features:
        return habits
    return replace(
        habits,
        orders=3,
        cashier=0,
        barcode=0,
        links=0.9,
        forgets=0.9,
        pays=0.9,
        silent=0.9,
        expires_in_s=BRIEF,
    )
