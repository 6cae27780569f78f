"""Refunds know whether a channel told of them by themselves, or of a total that counts others."""

from chassis.migrations import execute

revision = "0030"
down_revision = "0029"

COLUMN = """
alter table refunds add column if not exists is_single boolean not null default false;
comment on column refunds.is_single is
    'Made outside, and told of by itself: it explains no other row of a statement.';
"""


def upgrade() -> None:
    execute(COLUMN)
