"""What apps asked for by signed calls is remembered, so that a replay of one sends nothing."""

from chassis.migrations import execute

revision = "0009"
down_revision = "0008"

CHANGES = """
create table signed_call (
    app_id    text not null,
    signed_as text not null,  -- the key and the nonce of the request's signature
    event_id  text,           -- that a ping made
    seen_at   timestamptz not null default now(),
    primary key (app_id, signed_as)
);
create index signed_call_seen on signed_call (seen_at);
"""


def upgrade() -> None:
    execute(CHANGES)
