"""What is pending, the newest first, whatever its lane."""

from chassis.migrations import create_index_concurrently

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    create_index_concurrently("due_newest", "on due (delivery_id)")
