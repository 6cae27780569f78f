"""What the notifier counts and measures. The gauges of the queue are of all replicas together."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES: Final = Counter(
    "deliveries",
    "Tries to deliver a callback: delivered, retried, exhausted, or waiting where nothing could be "
    "sent; the class is the failure kind (domain.answers), or none",
    ["result", "class"],
)
ATTEMPT_S: Final = Histogram(
    "attempt_seconds",
    "How long a try took, from the first byte to the last",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FIRST_ATTEMPT_DELAY_S: Final = Histogram(
    "first_attempt_delay_seconds",
    "From the moment an event became true to the start of its first try",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)
IN_FLIGHT: Final = Gauge("inflight", "Deliveries leased by this replica")
LEASE_EXPIRED: Final = Counter("lease_expired", "Claims of the dead, or too late, taken back")
SSRF_BLOCKED: Final = Counter("ssrf_blocked", "Tries to where callbacks may not go")
INBOX_DUPLICATES: Final = Counter("inbox_duplicates", "Events that came again")
MESSAGES: Final = Counter("notifier_messages", "Messages to people", ["messenger", "result"])

DUE_OLDEST_S: Final = Gauge("due_oldest_seconds", "How long the oldest that is due has waited")
ENDPOINTS_OPEN: Final = Gauge("lane_open", "Addresses whose circuit is open")
ENDPOINTS_SUSPENDED: Final = Gauge("lanes_suspended", "Addresses that are suspended")
WAITING: Final = Gauge("parked", "Deliveries that wait for such an address, at most 100,000")
EXHAUSTED: Final = Gauge("exhausted", "Deliveries that never arrived, at most 100,000")
