"""Serials of payments and refunds, for channels whose form of a number cannot hold ours."""

from chassis.migrations import execute

revision = "0008"
down_revision = "0007"

SERIALS = """
create table serials (
    number   text primary key,
    serial   bigint not null generated always as identity,
    drawn_at timestamptz not null default clock_timestamp()
);
comment on table serials is
    'Short numbers of payments and refunds at channels that prescribe the form of a number.';
"""


def upgrade() -> None:
    execute(SERIALS)
