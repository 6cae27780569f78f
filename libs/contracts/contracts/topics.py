"""The Kafka topics, from whom to whom, and what their records are keyed by."""

from typing import Final

ORDER_EVENTS: Final = "paymesh.order-events.v1"
"""trade-core → notifier, merchant-admin, cashier; keyed by order id."""

PAYMENT_RESULTS: Final = "paymesh.payment-results.v1"
"""gateway → trade-core; keyed by payment_no."""

REFUND_RESULTS: Final = "paymesh.refund-results.v1"
"""gateway → trade-core; keyed by payment_no."""

CHANNEL_COMMANDS: Final = "paymesh.channel-commands.v1"
"""trade-core → gateway; keyed by payment_no, what is about no payment by payment_id."""

MERCHANT_CONFIG: Final = "paymesh.merchant-config.v1"
"""merchant-admin → gateway, trade-core, notifier; keyed by entity id, compacted."""

DELIVERY_EVENTS: Final = "paymesh.delivery-events.v1"
"""notifier → merchant-admin; keyed by event id."""

ALERTS: Final = "paymesh.alerts.v1"
"""anyone → notifier; keyed by alert key."""

ALL: Final = (
    ORDER_EVENTS, PAYMENT_RESULTS, REFUND_RESULTS, CHANNEL_COMMANDS,
    MERCHANT_CONFIG, DELIVERY_EVENTS, ALERTS,
)  # fmt: skip
COMPACTED: Final = frozenset({MERCHANT_CONFIG})
