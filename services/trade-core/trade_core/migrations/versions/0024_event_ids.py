"""In the first table of the event log, too, an event's id is not made sure of: it is a ULID."""

from chassis.migrations import execute

revision = "0024"
down_revision = "0023"

CHANGES = """
alter table if exists event_log_before
    drop constraint if exists event_log_before_event_id_key;
"""


def upgrade() -> None:
    execute(CHANGES)
