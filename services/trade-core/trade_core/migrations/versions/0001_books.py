"""Orders, payments, refunds, what is due, the ledger, and the events that tell of them."""

from chassis.consumer import DEAD_SCHEMA
from chassis.migrations import execute
from chassis.outbox import SCHEMA as OUTBOX_SCHEMA

revision = "0001"
down_revision = None

ORDERS = """
create table orders (
    order_id          text primary key,
    app_id            text not null,
    merchant_id       text not null,
    merchant_order_no text not null,
    state             text not null check (state in ('open', 'paid', 'closed')),
    closed_by_app     boolean not null,
    amount            bigint not null check (amount > 0),
    currency          text not null,
    subject           text not null,
    amount_paid       bigint not null,
    amount_refunded   bigint not null check (amount_refunded between 0 and amount_paid),
    latest_payment_no text not null,
    version           integer not null,
    created_at        timestamptz not null,
    expires_at        timestamptz not null,
    unique (app_id, merchant_id, merchant_order_no)
) with (fillfactor = 80);
comment on table orders is
    'What apps want paid. Its row lock is the lock of everything that belongs to the order.';
"""

PAYMENTS = """
create table payments (
    payment_no        text primary key,
    order_id          text not null references orders,
    state             text not null check (state in ('initiating', 'pending', 'unknown',
                          'succeeded', 'failed', 'closed', 'conflicted')),
    payment_id        text,
    wished_payment_id text,
    channel           text,
    method            text not null,
    called_as         text,
    amount            bigint not null check (amount > 0),
    currency          text not null,
    subject           text not null,
    fingerprint       text not null,
    action            jsonb,
    channel_trade_no  text,
    failure           jsonb,
    settles           boolean not null,
    closing           boolean not null,
    refund_reserved   bigint not null check (refund_reserved between 0 and amount),
    amount_refunded   bigint not null check (amount_refunded between 0 and refund_reserved),
    metadata          jsonb not null,
    notify_url        text,
    return_url        text,
    created_at        timestamptz not null,
    initiated_at      timestamptz not null,
    expires_at        timestamptz not null,
    paid_at           timestamptz,
    check (state <> 'succeeded' or (payment_id is not null and paid_at is not null)),
    check (not settles or state = 'succeeded'),
    check (refund_reserved = 0 or state = 'succeeded')
) with (fillfactor = 80);
create index payments_order on payments (order_id);
create unique index payments_settle_once on payments (order_id) where settles;
comment on table payments is
    'Attempts to pay an order, each at one channel account; at most one settles its order.';
"""

REFUNDS = """
create table refunds (
    refund_no          text primary key,
    order_id           text not null references orders,
    payment_no         text not null references payments,
    app_id             text not null,
    merchant_id        text not null,
    merchant_refund_no text,
    fingerprint        text,
    cause              text not null check (cause in ('requested', 'duplicate', 'late')),
    state              text not null
                       check (state in ('processing', 'succeeded', 'failed', 'abnormal')),
    heard              text,
    amount             bigint not null check (amount > 0),
    currency           text not null,
    reason             text,
    notify_url         text,
    channel_refund_no  text,
    failure            jsonb,
    created_at         timestamptz not null,
    refunded_at        timestamptz,
    check ((cause = 'requested') = (merchant_refund_no is not null))
);
create unique index refunds_number on refunds (app_id, merchant_id, merchant_refund_no)
    where merchant_refund_no is not null;
create unique index refunds_by_itself on refunds (payment_no) where cause <> 'requested';
create index refunds_order on refunds (order_id);
comment on table refunds is
    'Money on its way back; what is processing, succeeded or abnormal is reserved on its payment.';
"""

DUE_WORK = """
create table due_work (
    subject text primary key,
    due_at  timestamptz not null,
    attempt integer not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0);
create index due_work_next on due_work (due_at);
comment on table due_work is
    'When to look again at a payment or refund (by its number) that is not final: open rows only.
     Claiming a row moves due_at behind the lease, so a claim that dies is claimed again.';
"""

LEDGER = """
create table ledger_transaction (
    id      bigint generated always as identity primary key,
    kind    text not null,
    subject text not null,
    at      timestamptz not null,
    unique (subject, kind)
);
comment on table ledger_transaction is
    'One event of money. Subject is a payment or refund number: nothing is booked twice.';

create table ledger_posting (
    transaction_id bigint not null references ledger_transaction,
    line           smallint not null,
    purpose        text not null,
    merchant_id    text not null,
    payment_id     text not null,
    currency       text not null,
    amount         bigint not null check (amount <> 0),
    primary key (transaction_id, line)
);
comment on table ledger_posting is
    'The double entry: a debit is positive; each transaction sums to zero in each currency.';

create function ledger_must_balance() returns trigger language plpgsql as $$
begin
    if exists (
        select from ledger_posting
        where transaction_id = new.transaction_id
        group by currency having sum(amount) <> 0
    ) then
        raise exception 'ledger transaction % does not balance', new.transaction_id
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger ledger_posting_balances
    after insert on ledger_posting deferrable initially deferred
    for each row execute function ledger_must_balance();

create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger ledger_transaction_stays
    before update or delete or truncate on ledger_transaction
    for each statement execute function ledger_is_append_only();
create trigger ledger_posting_stays
    before update or delete or truncate on ledger_posting
    for each statement execute function ledger_is_append_only();
"""


def upgrade() -> None:
    for script in (ORDERS, PAYMENTS, REFUNDS, DUE_WORK, LEDGER, OUTBOX_SCHEMA, DEAD_SCHEMA):
        execute(script)
