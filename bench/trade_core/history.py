"""The past: orders that were paid long ago, with all that is kept of them, made by SQL."""

import asyncio
import time
from typing import Final

import asyncpg

BLOCK: Final = 250_000
"""Rows in one transaction."""

LIMIT_S: Final = 3_600


async def make(superuser_url: str, count: int) -> float:
    """Fill an empty database; answers the seconds it took.

    No trigger and no foreign key is checked, and no commit waits for the disk: only what lies
    there in the end matters. So each table is filled for itself, side by side.
    """
    print(f"   making {count:,} old orders …", flush=True)
    begun = time.perf_counter()
    await asyncio.gather(*(_fill(superuser_url, table, count) for table in TABLES))
    connection = await asyncpg.connect(superuser_url, command_timeout=LIMIT_S)
    for reconciliation in (BEHIND, "vacuum (analyze)", "checkpoint"):
        await connection.execute(reconciliation)
    await connection.close()
    return time.perf_counter() - begun


async def _fill(url: str, table: str, count: int) -> None:
    settings = {"session_replication_role": "replica", "synchronous_commit": "off"}
    connection = await asyncpg.connect(url, command_timeout=LIMIT_S, server_settings=settings)
    for first in range(1, count + 1, BLOCK):
        await connection.execute(table, first, min(first + BLOCK - 1, count))
    await connection.close()


ORDERS: Final = """
insert into orders (order_id, app_id, merchant_id, merchant_order_no, state, closed_by_app, amount,
    currency, subject, amount_paid, amount_refunded, latest_payment_no, version, created_at,
    expires_at)
select 'O00' || lpad(n::text, 24, '0'), 'A' || n % 200, 'M' || n % 1000, 'W2024-' || n, 'paid',
    false, 1299, 'CNY', '物业费 11月', 1299, 0, 'P00' || lpad(n::text, 24, '0'), 4,
    now() - interval '1 year', now() - interval '1 year'
from generate_series($1::bigint, $2::bigint) as n
"""

PAYMENTS: Final = """
insert into payments (payment_no, order_id, state, payment_id, wished_payment_id, channel, method,
    called_as, amount, currency, subject, fingerprint, action, channel_trade_no, settles, closing,
    refund_reserved, amount_refunded, metadata, notify_url, created_at, initiated_at, expires_at,
    paid_at)
select 'P00' || lpad(n::text, 24, '0'), 'O00' || lpad(n::text, 24, '0'), 'succeeded',
    'C' || n % 1000, 'C' || n % 1000, 'wechat', 'native', 'native', 1299, 'CNY', '物业费 11月',
    md5(n::text) || md5(n::text),
    '{"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=NwY5Mz9"}',
    '4200000000' || n, true, false, 0, 0, '{}', 'https://app.example.com/paymesh/callback',
    now() - interval '1 year', now() - interval '1 year', now() - interval '1 year',
    now() - interval '1 year'
from generate_series($1::bigint, $2::bigint) as n
"""

TRANSACTIONS: Final = """
insert into ledger_transaction (id, kind, subject, at)
overriding system value
select n, 'payment_captured', 'P00' || lpad(n::text, 24, '0'), now() - interval '1 year'
from generate_series($1::bigint, $2::bigint) as n
"""

POSTINGS: Final = """
insert into ledger_posting (transaction_id, line, purpose, merchant_id, payment_id, currency,
    amount)
select n, line, purpose, 'M' || n % 1000, 'C' || n % 1000, 'CNY', amount
from generate_series($1::bigint, $2::bigint) as n,
    (values (0, 'channel_receivable', 1299), (1, 'merchant_payable', -1299))
        as side (line, purpose, amount)
"""

# Events are kept for a time only: those of one order in ten.
EVENTS: Final = """
insert into event_log (event_id, topic, key, type, tenant, payload, created_at)
select 'E00' || lpad(n::text, 24, '0'), 'paymesh.order-events.v1', 'O00' || lpad(n::text, 24, '0'),
    'payment.succeeded', 'A' || n % 200, convert_to(repeat('x', 1000), 'UTF8'),
    now() - interval '30 days'
from generate_series($1::bigint, $2::bigint) as n
where n % 10 = 0
"""

BEHIND: Final = """
select setval(pg_get_serial_sequence('ledger_transaction', 'id'), max(id)) from ledger_transaction
"""

TABLES: Final = (ORDERS, PAYMENTS, TRANSACTIONS, POSTINGS, EVENTS)
