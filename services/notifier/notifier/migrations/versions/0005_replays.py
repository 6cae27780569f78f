"""Replays: many callbacks sent again, at a limited rate."""

from chassis.migrations import execute

revision = "0005"
down_revision = "0004"

CHANGES = """
create table replay (
    replay_id  bigint generated always as identity primary key,
    app_id     text not null,
    created_from   timestamptz not null,
    created_before timestamptz not null,
    type       text,                        -- null: every type
    state      text,                        -- null: every state
    per_s      integer not null check (per_s > 0),
    position   bigint not null default 0,   -- the last delivery that was asked for again
    matched    bigint not null,             -- when it was asked for
    sent       bigint not null default 0,
    asked_at   timestamptz not null default now(),
    stepped_at timestamptz not null default now(),
    done_at    timestamptz
);
create index replay_running on replay (replay_id) where done_at is null;
create index delivery_replayed on delivery (app_id, created_at, delivery_id);
"""


def upgrade() -> None:
    execute(CHANGES)
