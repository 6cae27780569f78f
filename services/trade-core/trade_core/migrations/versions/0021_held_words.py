"""What a channel said of money that went back without us, while refunds of ours are under way."""

from chassis.migrations import execute

revision = "0021"
down_revision = "0020"

CHANGES = """
alter table payments add column if not exists held_words jsonb;
comment on column payments.held_words is
    'Words about money that went back outside, applied again when a refund under way has ended.';
"""


def upgrade() -> None:
    execute(CHANGES)
