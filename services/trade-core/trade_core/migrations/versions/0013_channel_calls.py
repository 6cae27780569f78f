"""What channels said that changed nothing, for people who look at an order."""

from chassis.migrations import execute

revision = "0013"
down_revision = "0012"

CALLS = """
create table channel_call (
    id          bigint generated always as identity primary key,
    order_id    text not null,
    subject     text not null,
    at          timestamptz not null,
    call        jsonb not null,
    traceparent text
);
create index channel_call_of_order on channel_call (order_id, id);
create index channel_call_at on channel_call using brin (at);
comment on table channel_call is
    'Calls and notifications that no event tells of, because nothing changed by them.';
"""


def upgrade() -> None:
    execute(CALLS)
