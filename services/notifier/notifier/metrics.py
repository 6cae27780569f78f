"""What the notifier counts. `verdict` and `trouble` are those of `domain.answers`."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

TRIES: Final = Counter("notifier_tries", "Tries to deliver a callback", ["verdict", "trouble"])
TRY_S: Final = Histogram(
    "notifier_try_seconds",
    "How long a try took, from the first byte to the last",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FIRST_TRY_DELAY_S: Final = Histogram(
    "notifier_first_try_delay_seconds",
    "From the moment an event became true to the start of its first try",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)
IN_FLIGHT: Final = Gauge("notifier_in_flight", "Deliveries claimed by this replica")
SETTLED: Final = Counter("notifier_settled", "Deliveries that were settled", ["state"])
KNOWN_ALREADY: Final = Counter("notifier_known_events", "Events that came again")
MESSAGES: Final = Counter("notifier_messages", "Messages to people", ["messenger", "result"])
TAKEN_BACK: Final = Counter("notifier_claims_taken_back", "Claims of the dead, or too late")
