"""Alerts become troubles, which people are told of."""

from chassis.migrations import execute

revision = "0003"
down_revision = "0002"

CHANGES = """
-- All alerts with one key: one trouble, told with a count.
create table trouble (
    key         text primary key,
    severity    text not null,
    title       text not null,
    detail      text not null,
    merchant_id text,
    facts       jsonb not null,
    first_at    timestamptz not null,
    last_at     timestamptz not null,
    total       integer not null,
    untold      integer not null,      -- how often it was raised since people were told
    told_at     timestamptz,
    due_at      timestamptz,           -- when to tell; null: nothing new
    check ((untold > 0) = (due_at is not null))
);
create index trouble_due on trouble (due_at) where due_at is not null;

-- Whose turn it is to speak, and that nobody speaks too often: one row for all replicas.
create table teller (
    spoke_at timestamptz not null
);
insert into teller values ('-infinity');
"""


def upgrade() -> None:
    execute(CHANGES)
