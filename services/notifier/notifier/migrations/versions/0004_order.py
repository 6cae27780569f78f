"""Callbacks of one order in its order, for apps that ask for it; which answers came from inside."""

from chassis.migrations import execute

revision = "0004"
down_revision = "0003"

CHANGES = """
alter table lane add column ordered boolean not null default false;

alter table due
    add column order_key    text,         -- set in ordered lanes: the first of a key goes first
    add column blocks_until timestamptz;  -- then the next of its key need not wait any more
create index due_in_order on due (lane_id, order_key, delivery_id) where order_key is not null;

-- The answer came from a private network: what failed there is not shown to the app.
alter table attempt add column private boolean not null default false;
"""


def upgrade() -> None:
    execute(CHANGES)
