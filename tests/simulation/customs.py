"""What is usual at a third party; drawn anew for each seed."""

from dataclasses import dataclass, replace

from tests.simulation.chance import Chance
from tests.simulation.features import Feature


@dataclass(frozen=True, slots=True)
class Customs:
    can_close: bool
    ends_by_itself: bool
    """A trade that nobody paid in time is closed there; always so where nobody else can close."""
    pays_after_close: float
    """The chance that a payer who is just typing the password is let through all the same."""
    slow_refunds: float
    refused_refunds: float
    abnormal_refunds: float
    bounced_refunds: float
    console_refunds: float
    """The chance of each payment that the merchant refunds some of it past us, up to thrice."""
    misstates: float
    """The chance that a wrong amount is told wrongly at first, and put right after a while."""
    refused_shares: float
    declined_payments: float
    odd_words: float
    tells_late: float
    """The chance that what is paid is told minutes later only."""
    one_currency: bool = False
    untold_refunds: float = 0
    """The chance that such a refund stands in the statement and nowhere else."""
    slips: float = 0
    """The chance of each row of a statement to be wrong."""
    disputes: float = 0
    """The chance of each payment that the payer's bank takes some of it back, up to twice."""


def of_alipay(customs: Customs) -> Customs:
    """As at a bank, but that refunds are done at once and there is only one currency."""
    return replace(
        customs,
        can_close=True,
        slow_refunds=0,
        abnormal_refunds=0,
        bounced_refunds=0,
        one_currency=True,
    )


def with_statements(customs: Customs, chance: Chance) -> Customs:
    """As usual, at a third party whose statements we read."""
    return replace(
        customs,
        console_refunds=max(customs.console_refunds, chance.pick((0, 0.5))),
        untold_refunds=0.5,
        slips=chance.pick((0, 0.6)),
    )


def with_disputes(customs: Customs, chance: Chance) -> Customs:
    """As usual, at a third party that tells of disputes."""
    return replace(customs, disputes=chance.pick((0.3, 0.8)))


def usual(chance: Chance, features: frozenset[Feature]) -> Customs:
    """What is usual at the third party of one seed."""

    def where(feature: Feature, rates: tuple[float, ...]) -> float:
        rate = chance.pick(rates)
        return rate if feature in features else 0

    can_close = chance.happens(0.8)
    return Customs(
        can_close=can_close,
        ends_by_itself=not can_close or chance.happens(0.3),
        pays_after_close=chance.pick((0, 0.5)),
        slow_refunds=chance.pick((0, 0.3, 0.9)),
        refused_refunds=chance.pick((0, 0.3)),
        abnormal_refunds=chance.pick((0, 0, 0.3)),
        bounced_refunds=where(Feature.BOUNCES, (0.2, 0.5)),
        console_refunds=where(Feature.CONSOLE, (0.3, 0.8)),
        misstates=where(Feature.DECISIONS, (0.8,)),
        refused_shares=chance.pick((0, 0.2)),
        declined_payments=chance.pick((0, 0, 0.3)),
        tells_late=where(Feature.REVERSALS, (0.3, 0.9)),
        odd_words=where(Feature.ODD_TEXT, (0.1, 0.5)),
    )
