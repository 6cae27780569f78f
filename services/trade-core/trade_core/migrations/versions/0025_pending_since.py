"""The outbox knows since when an event waits: one that is published again waits since then."""

from chassis.migrations import execute
from chassis.outbox import PENDING_SINCE

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    execute(PENDING_SINCE)
