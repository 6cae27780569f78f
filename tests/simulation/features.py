"""What a simulated world may hold beyond the plain case. Each seed knows some of these only."""

from enum import StrEnum
from typing import Final

from tests.simulation.chance import Chance


class Feature(StrEnum):
    STRANGERS = "strangers"
    """Other accounts, of our merchants, take money and speak under our numbers."""
    CURRENCIES = "currencies"
    """Orders in several currencies; a payer may pay in another one."""
    LINKS = "links"
    """The payer carries the request: the trade exists once the link is opened, were it after our
    close."""
    REVERSALS = "reversals"
    """A payment code that waits for the password; to close it gives back what was paid."""
    CONSOLE = "console"
    """The merchant refunds at the channel's own console."""
    BOUNCES = "bounces"
    """A refund that had arrived comes back from the payer's bank."""
    DECISIONS = "decisions"
    """People decide what is in conflict or stuck, on what they saw a while ago."""
    REPLAYS = "replays"
    """People have dead letters applied again, and old records come again."""
    ROTATION = "rotation"
    """Accounts get new keys; for a while the old ones still sign."""
    SKEW = "skew"
    """The clocks of the replicas differ."""
    ODD_TEXT = "odd text"
    """Channels say what no table can hold: NUL, half of a character, endless reasons."""
    ALIPAY = "alipay"
    """An account at a third party that speaks Alipay's wire, signed, to the real plugin."""
    STATEMENTS = "statements"
    """The statements of the days are reconciled; some refunds stand nowhere else, and some rows are
    wrong."""
    ARCHIVE = "archive"
    """Whatever is over goes to the archive at once, and comes back when somebody comes for it."""
    BRIEF_LINKS = "brief links"
    """Where there are no other links: those of orders that end before their channel lets them end,
    paid in between, mostly without a word."""

    DISPUTES = "disputes"
    """Payers' banks take money back, and give some of it back in the end."""


USUAL: Final = frozenset(Feature)
"""What the seeds of `make test` and `make simulate` draw from."""

EACH: Final = 0.5


def drawn(chance: Chance) -> frozenset[Feature]:
    """The features of one seed."""
    return frozenset(each for each in Feature if chance.happens(EACH) and each in USUAL)
