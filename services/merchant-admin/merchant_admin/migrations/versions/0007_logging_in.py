"""Sessions that end when they are idle, and addresses from which somebody logged in before."""

from chassis.migrations import execute

revision = "0007"
down_revision = "0006"

CHANGES = """
alter table session add column seen_at timestamptz not null default now();
comment on column session.seen_at is 'When it was used last, to the minute.';

create table known_address (
    subject bytea primary key,
    last_at timestamptz not null
);
create index known_address_age on known_address (last_at);
comment on table known_address is
    'Keyed digests of addresses (/64) from which somebody logged in: strangers do not shut them.';
"""


def upgrade() -> None:
    execute(CHANGES)
