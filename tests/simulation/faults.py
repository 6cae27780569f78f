"""What may go wrong, and how often."""

from dataclasses import dataclass, fields
from typing import Final

from tests.simulation.chance import Chance

SWARM: Final = 0.5
"""The chance of each fault to be known at all to a seed: where everything goes wrong at once,
the rare meetings of two faults drown."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities per try. `CALM` knows none of them."""

    kill: float = 0
    """A process dies between any two of its awaits, or right after what it did took effect."""
    stall: float = 0
    """A step takes up to seconds instead of milliseconds."""

    database_unreachable: float = 0
    connection_lost: float = 0
    commit_unknown: float = 0
    """The connection is lost at the commit, which may have happened or not."""
    serialization_failure: float = 0

    not_published: float = 0
    published_unknown: float = 0
    """Kafka has the message, and the producer does not know."""
    redelivered: float = 0
    """A batch comes again, perhaps with some of what was before it."""

    request_lost: float = 0
    answer_lost: float = 0
    """Of calls between app, gateway and trade-core, and of webhooks."""

    channel_not_reached: float = 0
    channel_request_lost: float = 0
    channel_answer_lost: float = 0
    """The work is done."""
    channel_slow: float = 0
    """The work is done late, perhaps when the caller has hung up."""
    channel_opens_late: float = 0
    """The request to open a trade is so long under way that a later one overtakes it."""
    channel_error: float = 0
    """A 5xx; the work may be done."""
    channel_nonsense: float = 0
    """A status that stands in no table; the work is done."""

    notification_twice: float = 0
    notification_early: float = 0
    """The webhook overtakes the answer."""
    notification_late: float = 0
    notification_forged: float = 0
    """Somebody else claims that a trade is paid."""


CALM: Final = Faults()

WORST: Final = Faults(
    kill=0.004,
    stall=0.02,
    database_unreachable=0.01,
    connection_lost=0.01,
    commit_unknown=0.15,
    serialization_failure=0.02,
    not_published=0.3,
    published_unknown=0.3,
    redelivered=0.3,
    request_lost=0.1,
    answer_lost=0.15,
    channel_not_reached=0.15,
    channel_request_lost=0.15,
    channel_answer_lost=0.25,
    channel_slow=0.2,
    channel_opens_late=0.8,
    channel_error=0.2,
    channel_nonsense=0.1,
    notification_twice=0.4,
    notification_early=0.3,
    notification_late=0.4,
    notification_forged=0.5,
)
"""How often each is at most."""


def drawn(chance: Chance) -> Faults:
    """The faults of one seed: some of them, each as often as chance will have it."""
    rates = {
        field.name: getattr(WORST, field.name) * chance.between(0.2, 1)
        for field in fields(Faults)
        if chance.happens(SWARM)
    }
    return Faults(**rates)
