"""Whose account a channel account is, for ever (one-identity), and its earlier credentials while
they are still believed."""

from chassis.migrations import execute

revision = "0006"
down_revision = "0005"

CHANGES = """
alter table channel_account
    add column identity                   jsonb,
    add column earlier_credentials_sealed text[] not null default '{}';
comment on column channel_account.identity is
    'By field of the credentials, not secret; null until an account of before gets new ones.';
comment on column channel_account.earlier_credentials_sealed is
    'The latest first: what the channel signs under them is believed until they are withdrawn.';
"""


def upgrade() -> None:
    execute(CHANGES)
