"""Refunds know whether they are disputes (chargebacks), which no total of refunds counts."""

from chassis.migrations import execute

revision = "0028"
down_revision = "0027"

COLUMN = """
alter table refunds add column if not exists is_dispute boolean not null default false;
comment on column refunds.is_dispute is
    'The payer''s bank took it back (chargeback): no total of refunds counts it.';
"""

# Only Stripe has told of disputes so far, each under its own number.
BOOKED_BEFORE = r"""
update refunds r set is_dispute = true
from payments p
where r.cause = 'external' and r.channel_refund_no is not null
    and r.channel_refund_no ~ '^(dp|du)_'
    and p.payment_no = r.payment_no and p.channel = 'stripe';
"""


def upgrade() -> None:
    for script in (COLUMN, BOOKED_BEFORE):
        execute(script)
