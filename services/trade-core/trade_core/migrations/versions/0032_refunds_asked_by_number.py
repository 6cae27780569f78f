"""Rows of refunds made without us that are under way say by what number the channel is asked."""

from chassis.migrations import execute

revision = "0032"
down_revision = "0031"

COLUMN = """
alter table bill_row add column if not exists queried_as text;
comment on column bill_row.queried_as is
    'Of a refund made outside that is under way: by this number the channel can be asked about it.';
"""


def upgrade() -> None:
    execute(COLUMN)
