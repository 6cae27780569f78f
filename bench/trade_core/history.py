"""The past: a year of orders that were paid, with all that is kept of them, made by SQL.

Half of it is of one app, whose creates are measured, and which lists what it has: of 50 orders one
was closed, of 100,000 one failed, of 20 one was given back and one split.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from bench.trade_core.life import ACCOUNT, APP
from contracts.identifiers import PREFIX

BLOCK: Final = 250_000
"""Rows in one transaction."""

LIMIT_S: Final = 3_600
YEAR: Final = timedelta(days=365)
RARE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Past:
    """Which orders there are: number `n` of `count`, evenly over the year that ends now."""

    count: int
    begun: datetime

    @classmethod
    def of(cls, count: int) -> "Past":
        return cls(count, datetime.now(UTC) - YEAR)

    def functions(self) -> str:
        """`at(n)`: when, and `number(kind, n)`: its ULID."""
        begun_ms = int(self.begun.timestamp() * 1000)
        step_ms = int(YEAR.total_seconds() * 1000) // self.count
        return FUNCTIONS.format(begun_ms=begun_ms, step_ms=step_ms, digits=_digits("ms(n)"))


async def make(superuser_url: str, count: int) -> float:
    """Fill an empty database; answers the seconds it took.

    No trigger and no foreign key is checked, and no commit waits for the disk: only what lies
    there in the end matters. So each table is filled for itself, side by side.
    """
    print(f"   making {count:,} old orders …", flush=True)
    begun = time.perf_counter()
    connection = await asyncpg.connect(superuser_url, command_timeout=LIMIT_S)
    await connection.execute(Past.of(count).functions())
    await asyncio.gather(*(_fill(superuser_url, table, count) for table in TABLES))
    for step in (BEHIND, "vacuum (analyze)", "checkpoint"):
        await connection.execute(step)
    await connection.close()
    return time.perf_counter() - begun


async def _fill(url: str, table: str, count: int) -> None:
    settings = {"session_replication_role": "replica", "synchronous_commit": "off"}
    connection = await asyncpg.connect(url, command_timeout=LIMIT_S, server_settings=settings)
    for first in range(1, count + 1, BLOCK):
        await connection.execute(table, first, min(first + BLOCK - 1, count))
    await connection.close()


def _digits(ms: str) -> str:
    """The first ten of a ULID."""
    shifts = range(45, -5, -5)
    return " || ".join(f"substr('{ALPHABET}', (({ms} >> {by}) & 31)::int + 1, 1)" for by in shifts)


ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

FUNCTIONS: Final = """
create function ms(n bigint) returns bigint language sql immutable
return {begun_ms} + n * {step_ms};
create function at(n bigint) returns timestamptz language sql immutable
return to_timestamp(ms(n) / 1000.0);
create function number(kind text, n bigint) returns text language sql immutable
return kind || {digits} || lpad(n::text, 16, '0');
create function app(n bigint) returns text language sql immutable
return case when n % 2 = 0 then '<app>' else 'A' || n % 200 end;
create function merchant(n bigint) returns text language sql immutable
return case when n % 2 = 0 then 'M' || n % 20 else 'M' || n % 1000 end;
create function state(n bigint) returns text language sql immutable
return case when n % 50 = 0 then 'closed' when n % <rare> = 2 then 'failed' else 'succeeded' end;
""".replace("<app>", APP).replace("<rare>", str(RARE))

ORDERS: Final = """
insert into orders (order_id, app_id, merchant_id, merchant_order_no, state, closed_by_app, amount,
    currency, subject, amount_paid, amount_refunded, latest_payment_no, version, created_at,
    expires_at)
select number('<order>', n), app(n), merchant(n), 'W2024-' || n,
    case when state(n) = 'succeeded' then 'paid' else 'closed' end,
    false, 1299, 'CNY', '物业费 11月', case when state(n) = 'succeeded' then 1299 else 0 end, 0,
    number('<payment>', n), 4, at(n), at(n)
from generate_series($1::bigint, $2::bigint) as n
"""

PAYMENTS: Final = """
insert into payments (payment_no, order_id, app_id, state, payment_id, wished_payment_id, channel,
    method, called_as, amount, currency, subject, fingerprint, action, channel_trade_no, settles,
    closing, refund_reserved, amount_refunded, metadata, notify_url, created_at, initiated_at,
    expires_at, paid_at)
select number('<payment>', n), number('<order>', n), app(n), state(n), '<account>', '<account>',
    'wechat', 'native', 'native', 1299, 'CNY', '物业费 11月', md5(n::text) || md5(n::text),
    '{"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=NwY5Mz9"}',
    case when state(n) = 'succeeded' then '4200000000' || n end, state(n) = 'succeeded', false, 0,
    0, '{}', 'https://app.example.com/paymesh/callback', at(n), at(n), at(n),
    case when state(n) = 'succeeded' then at(n) end
from generate_series($1::bigint, $2::bigint) as n
"""

REFUNDS: Final = """
insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, merchant_refund_no,
    fingerprint, cause, state, amount, currency, reason, channel_refund_no, created_at, refunded_at)
select number('<refund>', n), number('<order>', n), number('<payment>', n), app(n), merchant(n),
    'T2024-' || n, md5(n::text) || md5(n::text), 'requested',
    case when n % <rare> = 4 then 'failed' else 'succeeded' end, 100, 'CNY', '多收', '5030' || n,
    at(n), at(n)
from generate_series($1::bigint, $2::bigint) as n
where n % 20 = 4
"""

SPLITS: Final = """
with made as (
    insert into splits (split_no, order_id, payment_no, app_id, merchant_id, merchant_split_no,
        fingerprint, state, amount, currency, finish, created_at, finished_at)
    select number('<split>', n), number('<order>', n), number('<payment>', n), app(n), merchant(n),
        'S2024-' || n, md5(n::text), case when n % <rare> = 6 then 'failed' else 'succeeded' end,
        100, 'CNY', true, at(n), at(n)
    from generate_series($1::bigint, $2::bigint) as n
    where n % 20 = 6
    returning split_no, state
)
insert into split_shares (split_no, position, account, amount, description, state,
    amount_returning, amount_returned)
select split_no, 0, '1900000109', 100, '电梯维保', state, 0, 0 from made
"""

TRANSACTIONS: Final = """
insert into ledger_transaction (id, kind, subject, at)
overriding system value
select n, 'payment_captured', number('<payment>', n), at(n)
from generate_series($1::bigint, $2::bigint) as n
"""

POSTINGS: Final = """
insert into ledger_posting (transaction_id, line, purpose, merchant_id, payment_id, currency,
    amount)
select n, line, purpose, merchant(n), '<account>', 'CNY', amount
from generate_series($1::bigint, $2::bigint) as n,
    (values (0, 'channel_receivable', 1299), (1, 'merchant_payable', -1299))
        as side (line, purpose, amount)
"""

# Events are kept for a time only: those of one order in ten.
EVENTS: Final = """
insert into event_log (event_id, topic, key, type, tenant, payload, created_at)
select number('<event>', n), 'paymesh.order-events.v1', number('<order>', n),
    'payment.succeeded', app(n), convert_to(repeat('x', 1000), 'UTF8'),
    now() - interval '30 days'
from generate_series($1::bigint, $2::bigint) as n
where n % 10 = 0
"""

BEHIND: Final = """
select setval(pg_get_serial_sequence('ledger_transaction', 'id'), max(id)) from ledger_transaction
"""


def _named(table: str) -> str:
    for kind, prefix in PREFIX.items():
        table = table.replace(f"<{kind}>", prefix)
    return table.replace("<account>", ACCOUNT).replace("<rare>", str(RARE))


TABLES: Final = [
    _named(table) for table in (ORDERS, PAYMENTS, REFUNDS, SPLITS, TRANSACTIONS, POSTINGS, EVENTS)
]
