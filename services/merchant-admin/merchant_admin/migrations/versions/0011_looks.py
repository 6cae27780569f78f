"""How merchants look to payers, and what payers call channel accounts."""

from chassis.migrations import execute

revision = "0011"
down_revision = "0010"

LOOKS = """
alter table merchant
    add column display_name text,
    add column colour text check (colour ~ '^#[0-9a-f]{6}$'),
    add column logo bytea check (octet_length(logo) <= 131072),
    add column logo_type text check ((logo_type is null) = (logo is null));
alter table channel_account add column display_name text;
"""


def upgrade() -> None:
    execute(LOOKS)
