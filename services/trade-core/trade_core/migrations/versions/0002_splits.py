"""Splits (分账): what payments are divided into, and what refunds call back from receivers."""

from chassis.migrations import execute

revision = "0002"
down_revision = "0001"

# Not validated: the rows that are there hold the default, and nobody has to wait for a scan.
PAYMENTS = """
alter table payments
    add column split          jsonb,
    add column splits         boolean not null default false,
    add column split_reserved bigint not null default 0,
    add constraint payments_split_reserved_check check (split_reserved between 0 and amount)
        not valid,
    add constraint payments_split_state_check check (split_reserved = 0 or state = 'succeeded')
        not valid;
comment on column payments.split_reserved is
    'What receivers of splits have or shall have: with refund_reserved never more than the amount,
     unless refunds are paid from the merchant''s own money.';
"""

REFUNDS = """
alter table refunds add column returns jsonb;
comment on column refunds.returns is
    'What is called back from receivers of splits for this refund, and what of it is back.';
"""

SPLITS = """
create table splits (
    split_no          text primary key,
    order_id          text not null references orders,
    payment_no        text not null references payments,
    app_id            text not null,
    merchant_id       text not null,
    merchant_split_no text,
    fingerprint       text,
    state             text not null check (state in ('processing', 'succeeded', 'failed')),
    heard             text,
    amount            bigint not null check (amount > 0),
    currency          text not null,
    finish            boolean not null,
    notify_url        text,
    channel_split_no  text,
    failure           jsonb,
    created_at        timestamptz not null,
    finished_at       timestamptz,
    check ((state = 'processing') = (finished_at is null))
);
create unique index splits_number on splits (app_id, merchant_id, merchant_split_no)
    where merchant_split_no is not null;
create unique index splits_by_itself on splits (payment_no) where merchant_split_no is null;
create index splits_payment on splits (payment_no);
comment on table splits is
    'A payment''s money divided among receivers: asked for by an app, or with the payment.';

create table split_shares (
    split_no         text not null references splits,
    position         smallint not null,
    account          text not null,
    amount           bigint not null check (amount > 0),
    description      text not null,
    state            text not null
                     check (state in ('processing', 'succeeded', 'failed', 'returned')),
    amount_returning bigint not null check (amount_returning >= 0),
    amount_returned  bigint not null check (amount_returned >= 0),
    failure          jsonb,
    primary key (split_no, position),
    unique (split_no, account),
    check (amount_returning + amount_returned <= amount),
    check (amount_returning + amount_returned = 0 or state in ('succeeded', 'returned'))
);
comment on table split_shares is
    'What each receiver gets; what is not failed and not called back is reserved on the payment.';
"""


def upgrade() -> None:
    for script in (PAYMENTS, REFUNDS, SPLITS):
        execute(script)
