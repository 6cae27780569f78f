"""The attempts of callbacks, from the first failure on, and by which numbers one finds them."""

from chassis.migrations import execute

revision = "0020"
down_revision = "0019"

CHANGES = """
-- `tried`: each attempt, by when it was made.
alter table deliveries_view
    add column numbers text[] not null default '{}',
    add column tried   jsonb not null default '{}';
create index deliveries_view_numbers on deliveries_view using gin (numbers);
"""


def upgrade() -> None:
    execute(CHANGES)
