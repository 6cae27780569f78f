"""The outbox knows since when an event waits: one that is published again waits since then."""

from chassis.migrations import execute
from chassis.outbox import PENDING_SINCE

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    execute(PENDING_SINCE)
