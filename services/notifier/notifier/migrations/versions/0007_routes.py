"""Alerts go by routes: to the people of the centre, and to those of a merchant."""

from chassis.migrations import execute

revision = "0007"
down_revision = "0006"

CHANGES = """
alter table trouble
    add column route text not null default '',  -- '': the centre's people; else a merchant's id
    drop constraint trouble_pkey,
    add primary key (key, route);
drop index trouble_due;
create index trouble_due on trouble (route, due_at) where due_at is not null;

-- When each destination was spoken to: one row for all replicas, and for all who share a robot.
drop table teller;
create table teller (
    destination text primary key,  -- a digest of its address
    spoke_at    timestamptz not null
);
"""


def upgrade() -> None:
    execute(CHANGES)
