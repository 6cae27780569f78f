"""For lists by a channel's number: the few payments that share theirs with another."""

from chassis.migrations import create_index_concurrently

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    create_index_concurrently(
        "payments_trade_shared", "on payments (channel_trade_no) where shares_trade_no"
    )
