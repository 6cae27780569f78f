"""The day totals of a merchant, whatever app moved its money."""

from chassis.migrations import create_index_concurrently

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    create_index_concurrently("day_total_merchant", "on day_total (merchant_id, day)")
