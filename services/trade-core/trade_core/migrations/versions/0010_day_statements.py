"""Day statements: what an app's orders moved of a merchant's money, by Beijing day."""

from chassis.migrations import execute

revision = "0010"
down_revision = "0009"

# A day statement counts what the channel, the receivers of splits, and payers who were paid back
# outside hold of the money that was captured: each entry has one such posting, or none.
MOVEMENTS = """
create table fee_share (
    statement_no text not null,
    app_id       text not null,
    amount       bigint not null,
    primary key (statement_no, app_id)
);
comment on table fee_share is
    'The booked fees of a channel''s statement by the apps whose payments they were taken of.';

create view app_movement as
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
left join fee_share f on t.kind = 'channel_fees_taken' and f.statement_no = t.subject;
comment on view app_movement is
    'Entries of the ledger as lines of a day statement; a positive amount came in.';
"""

KEPT = """
create table day_total (
    app_id      text not null,
    merchant_id text not null,
    currency    text not null,
    day         date not null,
    part        text not null check (part in ('captured', 'refunded', 'split', 'fees')),
    amount      numeric(38) not null,
    primary key (app_id, merchant_id, currency, day, part)
);
comment on table day_total is
    'The sums of app_movement up to day_position by Beijing day and part: derived.';

create table day_line (
    app_id         text not null,
    merchant_id    text not null,
    currency       text not null,
    day            date not null,
    transaction_id bigint not null,
    primary key (app_id, merchant_id, currency, day, transaction_id)
);
comment on table day_line is
    'Which entries of the ledger stand in a day statement, up to day_position: derived.';

create table day_position (
    is_only boolean primary key default true check (is_only),
    upto    bigint not null
);
insert into day_position (upto) values (0);
comment on table day_position is
    'The last ledger transaction that day_total and day_line hold. It begins at 0: what is older
     than these tables is added up in the background.';
"""


def upgrade() -> None:
    for script in (MOVEMENTS, KEPT):
        execute(script)
