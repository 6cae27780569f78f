"""Deliveries, the lanes they go in, what is due, and what was tried."""

from chassis import outbox
from chassis.consumer import DEAD_SCHEMA
from chassis.migrations import execute

revision = "0001"
down_revision = None

SCHEMA = """
-- One address of one app. Whoever changes the rows of `due` of a lane holds the lane's row, so
-- in_flight is exactly the number of its claims. Rows are locked in the order (app_id, origin).
create table lane (
    lane_id       bigint generated always as identity primary key,
    app_id        text not null,
    origin        text not null,      -- host:port given with the call; '' is the app's own address
    fresh_at      timestamptz,        -- when to look for first tries; null: there are none
    retry_at      timestamptz,        -- when to look for retries; null: there are none
    in_flight     integer not null default 0,
    cap           integer not null default 4,
    streak        integer not null default 0,
    trips         integer not null default 0,
    window_at     timestamptz,
    window_total  integer not null default 0,
    window_failed integer not null default 0,
    held_until    timestamptz,        -- until then nothing is tried
    unique (app_id, origin)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0);
create index lane_fresh on lane (fresh_at) where in_flight < cap;
create index lane_retry on lane (retry_at) where in_flight < cap;

-- One event to be told at one address; kept when it is settled.
create table delivery (
    delivery_id bigint generated always as identity primary key,
    event_id    text not null,
    lane_id     bigint not null references lane,
    app_id      text not null,
    type        text not null,
    notify_url  text,                 -- given with the call; null: the app's own, as it is then
    body        bytea not null,       -- the exact bytes, the same on every try
    happened_at timestamptz not null,
    created_at  timestamptz not null default now(),
    state       text not null default 'pending'
                check (state in ('pending', 'delivered', 'exhausted')),
    settled_at  timestamptz,
    unique (event_id, lane_id),
    check ((state = 'pending') = (settled_at is null))
);
create index delivery_app on delivery (app_id, delivery_id);
create index delivery_undelivered on delivery (app_id, state, delivery_id)
    where state <> 'delivered';

-- The queue: one row for each pending delivery. A claim is a lease; one that ran out, or whose
-- replica is gone, is taken back.
create table due (
    delivery_id bigint primary key references delivery,
    lane_id     bigint not null,
    due_at      timestamptz not null,
    fresh       boolean not null,     -- never tried since it was asked for
    tries       integer not null,
    lease_until timestamptz,
    replica     integer,
    check ((lease_until is null) = (replica is null))
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0);
create index due_waiting on due (lane_id, fresh, due_at, delivery_id) where lease_until is null;
create index due_claimed on due (lease_until) where lease_until is not null;

create table attempt (
    delivery_id bigint not null,
    started_at  timestamptz not null,
    url         text not null,
    status      integer,
    error       text,
    latency_ms  integer not null,
    answer      text,
    primary key (delivery_id, started_at)
);

-- Numbers the running processes; each holds an advisory lock on its number while it lives.
create sequence replica as integer cycle;

create table alert (
    alert_id    text primary key,
    key         text not null,
    severity    text not null,
    title       text not null,
    detail      text not null,
    merchant_id text,
    facts       jsonb not null,
    raised_at   timestamptz not null,
    received_at timestamptz not null default now()
);
"""


def upgrade() -> None:
    execute(SCHEMA)
    execute(outbox.SCHEMA)
    execute(DEAD_SCHEMA)
