"""Of refunds that no app asked for and that failed, few, the money is still at the channel."""

from chassis.migrations import create_index_concurrently

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    create_index_concurrently(
        "refunds_view_own_failed",
        "on refunds_view (payment_no) where status = 'failed' and merchant_refund_no is null",
    )
