"""Orders that were projected long ago, with their payments and refunds, made by SQL."""

import asyncio
import importlib
import time
from typing import Final

import asyncpg

BLOCK: Final = 250_000
"""Rows in one transaction."""

LIMIT_S: Final = 7_200
ROLL_UPS: Final = "merchant_admin.migrations.versions.0017_roll_ups"
LONG_ORDER: Final = "O" + "0" * 26
EVENTS: Final = 200

MOMENT: Final = "now() - n * interval '365 days' / $3::bigint"
"""Evenly over a year, the first of them now."""


async def make(url: str, count: int) -> float:
    """Fill an empty database; answers the seconds it took. Triggers are off: the roll-ups are made
    in the end, by the statement of their migration."""
    begun = time.perf_counter()
    await asyncio.gather(*(_fill(url, table, count) for table in (ORDERS, PAYMENTS, REFUNDS)))
    connection = await asyncpg.connect(
        url, command_timeout=LIMIT_S, server_settings={"synchronous_commit": "off"}
    )
    await connection.execute(MERCHANTS)
    for statement in importlib.import_module(ROLL_UPS).ALL_OF_IT:
        await connection.execute(statement)
    await connection.execute(LONG_ORDERS_EVENTS, LONG_ORDER, EVENTS)
    await connection.execute("vacuum (analyze)")
    await connection.close()
    return time.perf_counter() - begun


async def _fill(url: str, table: str, count: int) -> None:
    settings = {"session_replication_role": "replica", "synchronous_commit": "off"}
    connection = await asyncpg.connect(url, command_timeout=LIMIT_S, server_settings=settings)
    for first in range(1, count + 1, BLOCK):
        await connection.execute(table, first, min(first + BLOCK - 1, count), count)
    await connection.close()


def order_no(n: int) -> str:
    return f"W2026-{n:08d}"


MERCHANTS: Final = """
insert into merchant (merchant_id, name, state, version, created_at, updated_at)
select 'M' || n, '物业公司 ' || n, 'active', 1, now(), now() from generate_series(0, 19) n
"""

ORDERS: Final = f"""
insert into orders_view (order_id, app_id, sequence, merchant_id, merchant_order_no, status,
    created_at, view)
select case n when 1 then 'O' || repeat('0', 26) else 'O00' || lpad(n::text, 24, '0') end,
    'A' || n % 5, 4, 'M' || n % 20, 'W2026-' || lpad(n::text, 8, '0'),
    case n % 10 when 0 then 'closed' else 'paid' end, at,
    jsonb_build_object('merchant_order_no', 'W2026-' || lpad(n::text, 8, '0'),
        'merchant_id', 'M' || n % 20, 'status', case n % 10 when 0 then 'closed' else 'paid' end,
        'amount', 10000 + n % 9000, 'currency', 'CNY',
        'amount_paid', case n % 10 when 0 then 0 else 10000 + n % 9000 end,
        'amount_refunded', 0, 'subject', '阳光花园 3栋1201 物业费 2026年11月',
        'created_at', at, 'expires_at', at + interval '2 hours')
from generate_series($1::bigint, $2::bigint) as n cross join lateral (select {MOMENT} as at) moment
"""  # noqa: S608  # MOMENT is ours

PAYMENTS: Final = f"""
insert into payments_view (payment_no, order_id, app_id, sequence, callback_id, merchant_id,
    merchant_order_no, channel_trade_no, channel, status, created_at, view)
select 'P00' || lpad(n::text, 24, '0'),
    case n when 1 then 'O' || repeat('0', 26) else 'O00' || lpad(n::text, 24, '0') end,
    'A' || n % 5, 4, null, 'M' || n % 20, 'W2026-' || lpad(n::text, 8, '0'), '4200000000' || n,
    case n % 3 when 0 then 'alipay' else 'wechat' end,
    case n % 10 when 0 then 'closed' else 'succeeded' end, at,
    jsonb_build_object('payment_no', 'P00' || lpad(n::text, 24, '0'),
        'merchant_order_no', 'W2026-' || lpad(n::text, 8, '0'),
        'channel_trade_no', '4200000000' || n, 'merchant_id', 'M' || n % 20,
        'payment_id', 'C' || n % 20, 'channel', case n % 3 when 0 then 'alipay' else 'wechat' end,
        'method', case n % 2 when 0 then 'native' else 'jsapi' end,
        'status', case n % 10 when 0 then 'closed' else 'succeeded' end,
        'amount', 10000 + n % 9000, 'currency', 'CNY', 'amount_refunded', 0,
        'subject', '阳光花园 3栋1201 物业费 2026年11月', 'action', null,
        'expires_at', at + interval '2 hours', 'created_at', at,
        'paid_at', case n % 10 when 0 then null else at + (n % 300) * interval '1 second' end,
        'metadata', '{{}}'::jsonb, 'failure', null)
from generate_series($1::bigint, $2::bigint) as n cross join lateral (select {MOMENT} as at) moment
"""  # noqa: S608  # MOMENT is ours

REFUNDS: Final = f"""
insert into refunds_view (refund_no, order_id, app_id, sequence, callback_id, payment_no,
    merchant_id, merchant_refund_no, channel_refund_no, amount, status, created_at, view)
select 'R00' || lpad(n::text, 24, '0'), 'O00' || lpad(n::text, 24, '0'), 'A' || n % 5, 5, null,
    'P00' || lpad(n::text, 24, '0'), 'M' || n % 20, 'r' || n, '5000000000' || n, 300, 'succeeded',
    at, jsonb_build_object('refund_no', 'R00' || lpad(n::text, 24, '0'),
        'merchant_refund_no', 'r' || n, 'payment_no', 'P00' || lpad(n::text, 24, '0'),
        'merchant_order_no', 'W2026-' || lpad(n::text, 8, '0'), 'channel_trade_no',
        '4200000000' || n, 'channel_refund_no', '5000000000' || n, 'merchant_id', 'M' || n % 20,
        'payment_id', 'C' || n % 20, 'amount', 300, 'currency', 'CNY', 'status', 'succeeded',
        'reason', '多收', 'cause', 'requested', 'created_at', at, 'refunded_at', at,
        'failure', null)
from generate_series($1::bigint, $2::bigint) as n cross join lateral (select {MOMENT} as at) moment
where n % 20 = 11
"""  # noqa: S608  # MOMENT is ours

LONG_ORDERS_EVENTS: Final = """
insert into order_history (order_id, sequence, event_id, at, type, subject, trace_id, facts)
select $1::text, n, 'E00' || lpad(n::text, 24, '0'), now() - interval '1 hour' + n * interval '1 s',
    'payment.unknown', 'P00' || lpad('1', 24, '0'), md5(n::text),
    jsonb_build_object('status', 'unknown', 'amount', 10001, 'currency', 'CNY', 'cause', null,
        'failure', null, 'call', null)
from generate_series(1, $2::int) n
"""
