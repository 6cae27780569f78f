"""Payment links: where payers open an app's order by themselves."""

from chassis.migrations import execute

revision = "0011"
down_revision = "0010"

LINKS = """
create table payment_links (
    link_id     text primary key,
    app_id      text not null,
    merchant_id text not null,
    amount      bigint check (amount > 0),
    currency    text not null,
    subject     text not null,
    order_no    text,
    fingerprint text not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    disabled_at timestamptz
);
create unique index payment_links_number on payment_links (app_id, merchant_id, order_no)
    where order_no is not null;
comment on table payment_links is 'Addresses at which payers open an app''s orders.';
comment on column payment_links.order_no is
    'merchant_order_no of its one order; null: each payer has an order of their own.';
"""


def upgrade() -> None:
    execute(LINKS)
