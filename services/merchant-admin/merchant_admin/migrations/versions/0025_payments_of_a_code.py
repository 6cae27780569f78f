"""Payments are found by the counter code at which they began."""

from chassis.migrations import create_index_concurrently

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    create_index_concurrently(
        "payments_view_code",
        "on payments_view ((view -> 'metadata' ->> 'code_id'), created_at)"
        " where view -> 'metadata' ->> 'code_id' is not null",
    )
