"""Which trace a payment, refund or split was asked for in, where traces are recorded."""

from chassis.migrations import execute

revision = "0016"
down_revision = "0015"

TRACES = """
create table asked_in_trace (
    subject     text primary key,
    traceparent text not null,
    at          timestamptz not null default now()
);
create index asked_in_trace_at on asked_in_trace using brin (at);
comment on table asked_in_trace is
    'What channels say of a payment, refund or split goes on with the trace it was asked for in.';
"""


def upgrade() -> None:
    execute(TRACES)
