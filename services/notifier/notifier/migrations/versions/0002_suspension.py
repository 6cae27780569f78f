"""Lanes may be suspended, and catch up at a limited rate when they come back."""

from chassis.migrations import execute

revision = "0002"
down_revision = "0001"

CHANGES = """
alter table lane
    add column failing_since     timestamptz,  -- the first failure after the last success
    add column suspended_at      timestamptz,  -- then held_until is at the end of time
    add column suspended_for     text check (suspended_for in ('gone', 'failing')),
    add column suspended_url     text,         -- where it was called the last time
    add column catching_up_since timestamptz,  -- the backlog is sent at a growing rate
    add column paced_at          timestamptz,  -- when it was given something while catching up
    add check ((suspended_at is null) = (suspended_for is null));
create index lane_suspended on lane (lane_id) where suspended_at is not null;
"""


def upgrade() -> None:
    execute(CHANGES)
