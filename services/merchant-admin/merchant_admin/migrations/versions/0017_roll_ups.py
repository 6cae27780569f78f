"""What happened hour by hour, kept beside the rows of the read model by whatever writes those.

Each row of the read model has its part in the roll-ups, and that of a changed row is taken back
and given anew: so the roll-ups are always the sum of all rows, in whatever order events come and
however often. Writers of roll-ups wait for each other, so that none misses what another one adds.
"""

from typing import Final

from chassis.migrations import execute

revision = "0017"
down_revision = "0016"

TABLES: Final = """
create table payment_hours (
    hour        timestamptz not null,
    merchant_id text not null,
    app_id      text not null,
    channel     text not null,
    method      text not null,
    currency    text not null,
    created     bigint not null default 0,
    succeeded   bigint not null default 0,
    failed      bigint not null default 0,
    paid        bigint not null default 0,
    paid_amount bigint not null default 0,
    late        bigint not null default 0,
    refunds     bigint not null default 0,
    refunded    bigint not null default 0,
    primary key (hour, merchant_id, app_id, channel, method, currency)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index payment_hours_merchant on payment_hours (merchant_id, hour);
comment on table payment_hours is
    'Sums of the read model; channel and method are empty as long as they are not known.';
comment on column payment_hours.succeeded is
    'Of those created in this hour; `paid`, `late` and `refunds` are of the hour when it happened.';

create table time_to_pay_hours (
    hour        timestamptz not null,
    merchant_id text not null,
    app_id      text not null,
    channel     text not null,
    method      text not null,
    currency    text not null,
    bucket      smallint not null,
    payments    bigint not null,
    primary key (hour, merchant_id, app_id, channel, method, currency, bucket)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table time_to_pay_hours is
    'How long it took from creating a payment to its being paid, by the hour when it was paid.';

create table callback_hours (
    hour        timestamptz not null,
    merchant_id text not null,
    app_id      text not null,
    delivered   bigint not null default 0,
    exhausted   bigint not null default 0,
    attempts    bigint not null default 0,
    primary key (hour, merchant_id, app_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table callback_hours is 'Callbacks by the hour when they were settled.';
"""

# `time_to_pay_bucket`: 0 is below the first bound; `domain.reports` knows the bounds too.
PARTS: Final = """
create function payment_parts(status text, created_at timestamptz, view jsonb)
returns table (hour timestamptz, created bigint, succeeded bigint, failed bigint, paid bigint,
               paid_amount bigint, late bigint)
language sql stable as $$
    select date_trunc('hour', created_at, 'UTC'), 1, (status = 'succeeded')::int,
           (status = 'failed')::int, 0, 0, 0
    union all
    select date_trunc('hour', (view ->> 'paid_at')::timestamptz, 'UTC'), 0, 0, 0, 1,
           (view ->> 'amount')::bigint,
           ((view ->> 'paid_at')::timestamptz > (view ->> 'expires_at')::timestamptz)::int
     where status = 'succeeded' and view ->> 'paid_at' is not null
$$;

create function time_to_pay_bucket(created_at timestamptz, paid_at timestamptz) returns integer
language sql immutable as $$
    select width_bucket(
        extract(epoch from paid_at - created_at),
        array[5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600, 7200, 14400])
$$;

create function refund_hour(created_at timestamptz, view jsonb) returns timestamptz
language sql stable as $$
    select date_trunc('hour', coalesce((view ->> 'refunded_at')::timestamptz, created_at), 'UTC')
$$;
"""

# `{changed}`: rows of payments_view, each with a `sign`, -1 for what it was before.
PAYMENTS: Final = """
    insert into payment_hours as known
           (hour, merchant_id, app_id, channel, method, currency,
            created, succeeded, failed, paid, paid_amount, late)
    select part.hour, merchant_id, app_id, coalesce(channel, ''), view ->> 'method',
           view ->> 'currency', sum(sign * part.created), sum(sign * part.succeeded),
           sum(sign * part.failed), sum(sign * part.paid), sum(sign * part.paid_amount),
           sum(sign * part.late)
      from ({changed}) changed
     cross join lateral payment_parts(changed.status, changed.created_at, changed.view) part
     group by 1, 2, 3, 4, 5, 6
    having (sum(sign * part.created), sum(sign * part.succeeded), sum(sign * part.failed),
            sum(sign * part.paid), sum(sign * part.paid_amount), sum(sign * part.late))
           <> (0, 0, 0, 0, 0, 0)
     order by 1, 2, 3, 4, 5, 6
        on conflict (hour, merchant_id, app_id, channel, method, currency) do update
       set created = known.created + excluded.created,
           succeeded = known.succeeded + excluded.succeeded,
           failed = known.failed + excluded.failed,
           paid = known.paid + excluded.paid,
           paid_amount = known.paid_amount + excluded.paid_amount,
           late = known.late + excluded.late;

    insert into time_to_pay_hours as known
           (hour, merchant_id, app_id, channel, method, currency, bucket, payments)
    select date_trunc('hour', (view ->> 'paid_at')::timestamptz, 'UTC'), merchant_id, app_id,
           coalesce(channel, ''), view ->> 'method', view ->> 'currency',
           time_to_pay_bucket(created_at, (view ->> 'paid_at')::timestamptz), sum(sign)
      from ({changed}) changed
     where status = 'succeeded' and view ->> 'paid_at' is not null
     group by 1, 2, 3, 4, 5, 6, 7
    having sum(sign) <> 0
     order by 1, 2, 3, 4, 5, 6, 7
        on conflict (hour, merchant_id, app_id, channel, method, currency, bucket) do update
       set payments = known.payments + excluded.payments;
"""

# `{changed}`: rows of refunds_view with `sign`, `channel` and `method`: those of their payments.
REFUNDS: Final = """
    insert into payment_hours as known
           (hour, merchant_id, app_id, channel, method, currency, refunds, refunded)
    select refund_hour(created_at, view), merchant_id, app_id, coalesce(channel, ''),
           coalesce(method, ''), view ->> 'currency', sum(sign), sum(sign * amount)
      from ({changed}) changed
     where status = 'succeeded'
     group by 1, 2, 3, 4, 5, 6
    having (sum(sign), sum(sign * amount)) <> (0, 0)
     order by 1, 2, 3, 4, 5, 6
        on conflict (hour, merchant_id, app_id, channel, method, currency) do update
       set refunds = known.refunds + excluded.refunds,
           refunded = known.refunded + excluded.refunded;
"""

# `{changed}`: rows of deliveries_view with `sign`, and `merchant_id` and `app_id` of their order.
CALLBACKS: Final = """
    insert into callback_hours as known
           (hour, merchant_id, app_id, delivered, exhausted, attempts)
    select date_trunc('hour', at, 'UTC'), merchant_id, app_id,
           coalesce(sum(sign) filter (where state = 'delivered'), 0),
           coalesce(sum(sign) filter (where state = 'exhausted'), 0), sum(sign * attempts)
      from ({changed}) changed
     group by 1, 2, 3
     order by 1, 2, 3
        on conflict (hour, merchant_id, app_id) do update
       set delivered = known.delivered + excluded.delivered,
           exhausted = known.exhausted + excluded.exhausted,
           attempts = known.attempts + excluded.attempts;
"""

REFUND_WITH_PAYMENT: Final = """
    select {sign} as sign, r.*, p.channel, p.view ->> 'method' as method
      from {refunds} r left join payments_view p using (payment_no)"""

# Refunds that were here before their payment, or before it had its channel.
REFUNDS_MOVED: Final = """
    select moved.sign, r.*, moved.channel, moved.method
      from refunds_view r
      join ({moved}) moved using (payment_no)"""

NEW_PAYMENTS_MOVE: Final = """
    select -1 as sign, payment_no, null as channel, null as method from now_rows union all
    select 1, payment_no, channel, view ->> 'method' from now_rows"""

CHANGED_PAYMENTS_MOVE: Final = """
    select sign, payment_no, channel, view ->> 'method' as method
      from (select -1 as sign, * from was_rows union all select 1, * from now_rows) moving
     where payment_no in (
           select payment_no from was_rows w join now_rows n using (payment_no)
            where (w.channel, w.view ->> 'method') is distinct from
                  (n.channel, n.view ->> 'method'))"""

DELIVERY_OF_ORDER: Final = """
    select {sign} as sign, d.*, o.merchant_id, o.app_id
      from {deliveries} d
      join {history} h on h.event_id = d.callback_id
      join orders_view o using (order_id)"""

TRIGGER: Final = """
create function {name}() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('roll-ups'));
    {statements}
    return null;
end $$;
create trigger {name} after {event} on {table}
    referencing {rows} for each statement execute function {name}();
"""

NEW: Final = "new table as now_rows"
OLD_AND_NEW: Final = "old table as was_rows new table as now_rows"
ADDED: Final = "select 1 as sign, * from now_rows"
REPLACED: Final = "select -1 as sign, * from was_rows union all select 1, * from now_rows"


def upgrade() -> None:
    execute(TABLES)
    execute(PARTS)
    for name, event, table, rows, statements in TRIGGERS:
        execute(
            TRIGGER.format(name=name, event=event, table=table, rows=rows, statements=statements)
        )
    for statement in ALL_OF_IT:
        execute(statement)


def _refunds(rows: str, sign: int) -> str:
    return REFUND_WITH_PAYMENT.format(sign=sign, refunds=rows)


def _deliveries(rows: str, sign: int, history: str = "order_history") -> str:
    return DELIVERY_OF_ORDER.format(sign=sign, deliveries=rows, history=history)


TRIGGERS: Final = (
    (
        "roll_up_new_payments", "insert", "payments_view", NEW,
        PAYMENTS.format(changed=ADDED)
        + REFUNDS.format(changed=REFUNDS_MOVED.format(moved=NEW_PAYMENTS_MOVE)),
    ),
    (
        "roll_up_changed_payments", "update", "payments_view", OLD_AND_NEW,
        PAYMENTS.format(changed=REPLACED)
        + REFUNDS.format(changed=REFUNDS_MOVED.format(moved=CHANGED_PAYMENTS_MOVE)),
    ),
    (
        "roll_up_new_refunds", "insert", "refunds_view", NEW,
        REFUNDS.format(changed=_refunds("now_rows", 1)),
    ),
    (
        "roll_up_changed_refunds", "update", "refunds_view", OLD_AND_NEW,
        REFUNDS.format(changed=f"{_refunds('was_rows', -1)} union all {_refunds('now_rows', 1)}"),
    ),
    (
        "roll_up_new_deliveries", "insert", "deliveries_view", NEW,
        CALLBACKS.format(changed=_deliveries("now_rows", 1)),
    ),
    (
        "roll_up_changed_deliveries", "update", "deliveries_view", OLD_AND_NEW,
        CALLBACKS.format(
            changed=f"{_deliveries('was_rows', -1)} union all {_deliveries('now_rows', 1)}"
        ),
    ),
    (
        "roll_up_known_deliveries", "insert", "order_history", NEW,
        CALLBACKS.format(changed=_deliveries("deliveries_view", 1, "now_rows")),
    ),
)  # fmt: skip

ALL_OF_IT: Final = (
    PAYMENTS.format(changed="select 1 as sign, * from payments_view"),
    REFUNDS.format(changed=_refunds("refunds_view", 1)),
    CALLBACKS.format(changed=_deliveries("deliveries_view", 1)),
)
"""What was there before the roll-ups."""
