"""Configuration, people, audit, and the read model of orders.

Revision ID: 0001
"""

from chassis import consumer, migrations, outbox

revision = "0001"
down_revision = None

PEOPLE = """
create table administrator (
    username      text primary key,
    password_hash text not null,
    updated_at    timestamptz not null
);

-- Only keyed digests: neither a token nor a name that was tried can be read here.
create table session (
    token_digest bytea primary key,
    username     text not null references administrator on delete cascade,
    ip           text not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null
);
create index session_expiry on session (expires_at);

create table login_failure (
    subject  bytea primary key,
    failures integer not null,
    first_at timestamptz not null
);
create index login_failure_age on login_failure (first_at);
"""

CONFIGURATION = """
create table merchant (
    merchant_id text primary key,
    name        text not null,
    state       text not null check (state in ('active', 'disabled')),
    version     bigint not null check (version > 0),
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);

create table channel_account (
    payment_id             text primary key,
    merchant_id            text not null references merchant,
    channel                text not null,
    name                   text not null,
    credentials_sealed     text not null,      -- to the gateway; never readable here
    credentials_changed_at timestamptz not null,
    state                  text not null check (state in ('active', 'disabled')),
    version                bigint not null check (version > 0),
    created_at             timestamptz not null,
    updated_at             timestamptz not null
);
create index channel_account_of_merchant on channel_account (merchant_id, payment_id);

create table app (
    app_id                 text primary key,
    name                   text not null,
    merchant_ids           text[] not null,    -- each exists: merchants are never deleted
    notify_url             text,
    callback_ack           text not null check (callback_ack in ('2xx', 'success')),
    reinitiate_after_s     integer not null check (reinitiate_after_s between 1 and 3600),
    late_payment           text not null check (late_payment in ('accept', 'refund')),
    ip_allowlist           text[] not null,
    webhook_secrets_sealed text[] not null check (cardinality(webhook_secrets_sealed) in (1, 2)),
    overlap_ends_at        timestamptz,
    state                  text not null check (state in ('active', 'disabled')),
    version                bigint not null check (version > 0),
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    check ((overlap_ends_at is null) = (cardinality(webhook_secrets_sealed) = 1))
);
create index app_overlap on app (overlap_ends_at) where overlap_ends_at is not null;

create table app_key (
    key_id         text primary key,
    app_id         text not null references app,
    alg            text not null check (alg in ('ED25519', 'RSA-SHA256', 'HMAC-SHA256')),
    public_key_pem text,
    secret_sealed  text,                       -- to the gateway; never readable here
    deleted_at     timestamptz,
    state          text not null check (state in ('active', 'disabled')),
    version        bigint not null check (version > 0),
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    check ((public_key_pem is null) = (alg = 'HMAC-SHA256')),
    check ((secret_sealed is null) = (alg <> 'HMAC-SHA256')),
    check (deleted_at is null or state = 'disabled')
);
create index app_key_of_app on app_key (app_id, key_id);
"""

AUDIT = """
create table audit (
    id          bigint generated always as identity primary key,
    at          timestamptz not null,
    actor       text not null,
    action      text not null,
    entity_kind text not null,
    entity_id   text not null,
    before      jsonb,
    after       jsonb,
    ip          text not null,
    request_id  text not null
);
create index audit_of_entity on audit (entity_id, id);
create index audit_of_actor on audit (actor, id);
create index audit_of_action on audit (action, id);

create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only';
end $$;
create trigger audit_is_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change_of_audit();
"""

READ_MODEL = """
-- What people search. `view` is the thing as the public API shows it; the columns beside it are
-- those that are searched. Rows are written by order events and carry the order's sequence.
create table orders_view (
    order_id          text primary key,
    app_id            text not null,
    sequence          bigint not null,
    merchant_id       text not null,
    merchant_order_no text not null,
    status            text not null,
    created_at        timestamptz not null,
    view              jsonb not null
) with (fillfactor = 85);
create index orders_view_time on orders_view (created_at, order_id);
create index orders_view_number on orders_view (merchant_order_no);
create index orders_view_merchant on orders_view (merchant_id, created_at, order_id);
create index orders_view_app on orders_view (app_id, created_at, order_id);
create index orders_view_state on orders_view (status, created_at, order_id)
    where status <> 'paid';

create table payments_view (
    payment_no        text primary key,
    order_id          text not null,
    app_id            text not null,
    sequence          bigint not null,
    callback_id       text,
    merchant_id       text not null,
    merchant_order_no text not null,
    channel_trade_no  text,
    channel           text,
    status            text not null,
    created_at        timestamptz not null,
    view              jsonb not null
) with (fillfactor = 85);
create index payments_view_time on payments_view (created_at, payment_no);
create index payments_view_order on payments_view (order_id);
create index payments_view_number on payments_view (merchant_order_no);
create index payments_view_trade on payments_view (channel_trade_no)
    where channel_trade_no is not null;
create index payments_view_merchant on payments_view (merchant_id, created_at, payment_no);
create index payments_view_app on payments_view (app_id, created_at, payment_no);
create index payments_view_channel on payments_view (channel, created_at, payment_no);
-- Most payments succeed or are closed: those are found by time. The others are few.
create index payments_view_state on payments_view (status, created_at, payment_no)
    where status not in ('succeeded', 'closed');

create table refunds_view (
    refund_no          text primary key,
    order_id           text not null,
    app_id             text not null,
    sequence           bigint not null,
    callback_id        text,
    payment_no         text not null,
    merchant_id        text not null,
    merchant_refund_no text,
    channel_refund_no  text,
    amount             bigint not null,
    status             text not null,
    created_at         timestamptz not null,
    view               jsonb not null
) with (fillfactor = 85);
create index refunds_view_time on refunds_view (created_at, refund_no);
create index refunds_view_order on refunds_view (order_id);
create index refunds_view_payment on refunds_view (payment_no);
create index refunds_view_number on refunds_view (merchant_refund_no)
    where merchant_refund_no is not null;
create index refunds_view_channel_number on refunds_view (channel_refund_no)
    where channel_refund_no is not null;
create index refunds_view_merchant on refunds_view (merchant_id, created_at, refund_no);
create index refunds_view_app on refunds_view (app_id, created_at, refund_no);
create index refunds_view_state on refunds_view (status, created_at, refund_no)
    where status <> 'succeeded';

create table deliveries_view (
    callback_id text primary key,
    state       text not null,
    attempts    integer not null,
    last_status integer,
    url         text not null,
    at          timestamptz not null
);
"""


def upgrade() -> None:
    for script in (
        PEOPLE, CONFIGURATION, AUDIT, READ_MODEL, outbox.SCHEMA, consumer.DEAD_SCHEMA,
    ):  # fmt: skip
        migrations.execute(script)
