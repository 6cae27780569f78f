"""People take alerts up: by whom and when; and look at all that are kept, the latest first."""

from chassis.migrations import execute

revision = "0010"
down_revision = "0009"

CHANGES = """
create table acknowledgement (
    key             text primary key,
    first_at        timestamptz not null,
    severity        text not null,
    acknowledged_by text not null,
    acknowledged_at timestamptz not null default now()
);
comment on table acknowledgement is
    'Who took an alert up: the one that began at first_at, as severe as it was then or less.';

create index trouble_latest on trouble (last_at, key) where route = '';
"""


def upgrade() -> None:
    execute(CHANGES)
