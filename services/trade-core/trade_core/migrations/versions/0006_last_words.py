"""One trade number settles one payment; when a request was signed, when money was given back, and
who may still pay what is closed here."""

from chassis.migrations import execute

revision = "0006"
down_revision = "0005"

# Before this, two payments could be written with one number of their channel: these rows stay as
# they are, and do not hinder the index.
TRADE_NUMBERS = """
alter table payments add column shares_trade_no boolean not null default false;
comment on column payments.shares_trade_no is
    'Another payment of the account had its channel_trade_no before that was forbidden.';
update payments p set shares_trade_no = true
from (
    select payment_no, row_number() over (
        partition by payment_id, channel_trade_no order by settles desc, created_at, payment_no
    ) as place
    from payments where channel_trade_no is not null
) known
where p.payment_no = known.payment_no and known.place > 1;
create unique index payments_trade_once on payments (channel_trade_no, payment_id)
    where channel_trade_no is not null and not shares_trade_no;
"""

LAST_WORDS = """
alter table payments add column reversed_at timestamptz;
comment on column payments.reversed_at is
    'When the channel said that its close gave the money back: older words of money are none.';
alter table payments add column may_be_paid boolean not null default false;
comment on column payments.may_be_paid is
    'Closed here while the channel knew no such trade: who holds its link or code may still pay.';
alter table orders add column signed_at timestamptz;
comment on column orders.signed_at is
    'The signed time of the latest request that opened a payment.';
"""


def upgrade() -> None:
    for script in (TRADE_NUMBERS, LAST_WORDS):
        execute(script)
