"""Refunds know whether a channel told of a total, which may count others."""

from chassis.migrations import execute

revision = "0033"
down_revision = "0032"

COLUMN = """
alter table refunds add column if not exists is_total boolean not null default false;
comment on column refunds.is_total is
    'Made outside, and booked of a total: what is told of other refunds may be counted already.';
"""


def upgrade() -> None:
    execute(COLUMN)
