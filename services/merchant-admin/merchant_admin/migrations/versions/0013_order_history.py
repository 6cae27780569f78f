"""What became true of each order, event by event; numbers found by how they begin, in any case."""

from chassis.migrations import execute

revision = "0013"
down_revision = "0012"

CHANGES = """
create table order_history (
    order_id text not null,
    sequence bigint not null,
    event_id text not null unique,
    at       timestamptz not null,
    type     text not null,
    subject  text not null,
    trace_id text,
    facts    jsonb not null,
    primary key (order_id, sequence)
);
comment on table order_history is
    'The events of an order, for its page: each with the channel''s word behind it.';

-- Ours are of one alphabet and length, so their primary keys find them by how they begin.
create index orders_view_typed on orders_view (lower(merchant_order_no) text_pattern_ops);
create index payments_view_typed on payments_view (lower(channel_trade_no) text_pattern_ops)
    where channel_trade_no is not null;
create index refunds_view_typed on refunds_view (lower(merchant_refund_no) text_pattern_ops)
    where merchant_refund_no is not null;
create index refunds_view_channel_typed
    on refunds_view (lower(channel_refund_no) text_pattern_ops) where channel_refund_no is not null;
create index splits_view_typed on splits_view (lower(merchant_split_no) text_pattern_ops)
    where merchant_split_no is not null;
"""


def upgrade() -> None:
    execute(CHANGES)
