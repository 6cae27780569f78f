"""What else an app may ask of its callbacks: their order, extra headers, a second signature."""

from chassis.migrations import execute

revision = "0002"
down_revision = "0001"

CHANGES = """
alter table app
    add column callback_ordered   boolean not null default false,
    add column callback_headers   jsonb not null default '{}',
    add column callback_signature text not null default 'v1'
               check (callback_signature in ('v1', 'v1a'));
"""


def upgrade() -> None:
    execute(CHANGES)
