"""When the payer of a payment was called anew: a code on our page that had become too old."""

from chassis.migrations import execute

revision = "0029"
down_revision = "0028"

CHANGES = """
alter table payments add column if not exists called_at timestamptz;
comment on column payments.called_at is
    'When its channel gave the action that stands here, where that is not its first one.';
"""


def upgrade() -> None:
    execute(CHANGES)
