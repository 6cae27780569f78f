"""Splits (分账): whose money a refund of split money is, and what people look up of splits."""

from chassis.migrations import execute

revision = "0004"
down_revision = "0003"

CHANGES = """
alter table app
    add column refund_splits text not null default 'return'
               check (refund_splits in ('return', 'keep'));

create table splits_view (
    split_no          text primary key,
    order_id          text not null,
    app_id            text not null,
    sequence          bigint not null,
    callback_id       text,
    payment_no        text not null,
    merchant_id       text not null,
    merchant_split_no text,
    status            text not null,
    created_at        timestamptz not null,
    view              jsonb not null
) with (fillfactor = 85);
create index splits_view_time on splits_view (created_at, split_no);
create index splits_view_payment on splits_view (payment_no);
create index splits_view_number on splits_view (merchant_split_no)
    where merchant_split_no is not null;
create index splits_view_merchant on splits_view (merchant_id, created_at, split_no);
create index splits_view_state on splits_view (status, created_at, split_no)
    where status <> 'succeeded';
"""


def upgrade() -> None:
    execute(CHANGES)
