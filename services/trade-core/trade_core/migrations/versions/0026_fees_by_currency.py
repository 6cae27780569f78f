"""What a channel's statement lists is added up, booked and shared out by currency, and booked again
by the difference where a newer statement says otherwise."""

from chassis.migrations import execute

revision = "0026"
down_revision = "0025"

STATEMENTS = """
alter table statement add column if not exists totals jsonb not null default '[]';
comment on column statement.totals is
    'By currency; empty, too, where it was compared before they were kept: in one then.';
"""

# A turn is one entry of the ledger, of one currency.
SHARES = """
alter table fee_share
    add column if not exists turn smallint not null default 1,
    add column if not exists currency text;
comment on column fee_share.currency is
    'Null: the statement''s own, noted by a release that knew no other.';
update fee_share f set currency = s.currency
from statement s where s.statement_no = f.statement_no and f.currency is null;
alter table fee_share drop constraint fee_share_pkey, add primary key (statement_no, turn, app_id);

create or replace view app_movement as
select t.id as transaction_id, t.at, split_part(t.kind, ':', 1) as kind, t.subject,
    case split_part(t.kind, ':', 1)
        when 'payment_captured' then 'captured'
        when 'refund_settled' then 'refunded'
        when 'refund_settled_outside' then 'refunded'
        when 'refund_bounced' then 'refunded'
        when 'channel_fees_taken' then 'fees'
        else 'split'
    end as part,
    coalesce(o.app_id, r.app_id, s.app_id, f.app_id) as app_id,
    l.merchant_id, l.payment_id, l.currency, coalesce(-f.amount, l.amount) as amount
from ledger_transaction t
join ledger_posting l on l.transaction_id = t.id
    and l.purpose in ('channel_receivable', 'split_receivers', 'returned_outside')
left join payments p on p.payment_no = t.subject
left join orders o on o.order_id = p.order_id
left join refunds r on r.refund_no = t.subject
left join splits s on s.split_no = t.subject
left join fee_share f on split_part(t.kind, ':', 1) = 'channel_fees_taken'
    and f.statement_no = t.subject
    and f.turn = coalesce(nullif(split_part(t.kind, ':', 2), ''), '1')::smallint;
"""


def upgrade() -> None:
    for script in (STATEMENTS, SHARES):
        execute(script)
