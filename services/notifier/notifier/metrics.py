"""What the notifier counts and measures. The gauges of the queue are of all replicas together."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from chassis.metrics import remembered

DELIVERIES: Final = Counter(
    "paymesh_deliveries",
    "Tries to deliver a callback: delivered, retried, exhausted, or waiting where nothing could be "
    "sent; the class is the failure kind (domain.answers), or none",
    ["result", "class"],
)
deliveries_of = remembered(DELIVERIES)
ATTEMPT_S: Final = Histogram(
    "paymesh_attempt_seconds",
    "How long a try took, from the first byte to the last",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FIRST_ATTEMPT_DELAY_S: Final = Histogram(
    "paymesh_first_attempt_delay_seconds",
    "From the moment an event became true to the start of its first try",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)
IN_FLIGHT: Final = Gauge("paymesh_callbacks_in_flight", "Deliveries leased by this replica")
LEASE_EXPIRED: Final = Counter(
    "paymesh_callback_leases_expired", "Claims of the dead, or too late, taken back"
)
SSRF_BLOCKED: Final = Counter(
    "paymesh_callbacks_blocked_by_guard", "Tries to where callbacks may not go"
)
INBOX_DUPLICATES: Final = Counter("paymesh_inbox_duplicates", "Events that came again")
MESSAGES: Final = Counter(
    "paymesh_notifier_messages", "Messages to people", ["messenger", "result"]
)

DUE_OLDEST_S: Final = Gauge(
    "paymesh_callbacks_due_oldest_seconds", "How long the oldest that is due has waited"
)
ENDPOINTS_OPEN: Final = Gauge("paymesh_callback_endpoints_open", "Addresses whose circuit is open")
ENDPOINTS_SUSPENDED: Final = Gauge(
    "paymesh_callback_endpoints_suspended", "Addresses that are suspended"
)
WAITING: Final = Gauge(
    "paymesh_callbacks_waiting", "Deliveries that wait for such an address, at most 100,000"
)
EXHAUSTED: Final = Gauge(
    "paymesh_callbacks_exhausted", "Deliveries that never arrived, at most 100,000"
)
