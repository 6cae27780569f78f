"""Files of long lists, made in the background and kept for some days."""

from chassis.migrations import execute

revision = "0018"
down_revision = "0017"

CHANGES = """
create table export (
    export_id    text primary key,
    username     text not null,
    things       text not null,
    format       text not null check (format in ('csv', 'xlsx')),
    search       jsonb not null,
    merchant_ids text[],                        -- of whose data it is; null: of all
    state        text not null check (state in ('waiting', 'running', 'done', 'failed')),
    rows         bigint not null default 0,     -- so far
    rows_in_all  bigint,                        -- null until they are counted
    bytes        bigint not null default 0,     -- as they are kept
    created_at   timestamptz not null,
    finished_at  timestamptz,
    takes        integer not null default 0,    -- how often it was begun
    lease_until  timestamptz                    -- of the process that makes it
);
create index export_of_user on export (username, export_id);
create index export_unfinished on export (export_id) where state in ('waiting', 'running');
create index export_age on export (created_at);

-- Compressed before they come here.
create table export_chunk (
    export_id text not null references export on delete cascade,
    place     integer not null,
    content   bytea not null,
    primary key (export_id, place)
);
alter table export_chunk alter column content set storage external;
"""


def upgrade() -> None:
    execute(CHANGES)
