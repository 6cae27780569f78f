"""Refunds know whether they are disputes (chargebacks), which no total of refunds counts."""

from chassis.migrations import execute

revision = "0028"
down_revision = "0027"

COLUMN = """
alter table refunds add column if not exists is_dispute boolean not null default false;
comment on column refunds.is_dispute is
    'The payer''s bank took it back (chargeback): no total of refunds counts it.';
"""

# Each was booked under a number of its own, which no channel gives a refund.
BOOKED_BEFORE = r"""
update refunds set is_dispute = true
where cause = 'external' and channel_refund_no ~ '^(dp|du)_'
"""


def upgrade() -> None:
    for script in (COLUMN, BOOKED_BEFORE):
        execute(script)
