"""The event log without two indexes: nobody lists this service's events by their app, and an
event's id, a ULID, is not made sure of in the log's first table either."""

from chassis.migrations import execute

revision = "0012"
down_revision = "0011"

CHANGES = """
drop index if exists event_log_tenant;
alter table if exists event_log_before
    drop constraint if exists event_log_before_event_id_key;
"""


def upgrade() -> None:
    execute(CHANGES)
