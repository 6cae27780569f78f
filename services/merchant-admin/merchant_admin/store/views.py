"""Writing the read model: one statement per table and batch; older news changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.database import Tx
from contracts.api import OrderSummary, PaymentView, RefundView
from merchant_admin.domain.projection import CallbackNews, Mention
from merchant_admin.domain.search import Tried

PUT_ORDERS = """
insert into orders_view as known
       (order_id, app_id, sequence, merchant_id, merchant_order_no, status, created_at, view)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                     $7::timestamptz[], $8::jsonb[])
on conflict (order_id) do update
   set sequence = excluded.sequence, status = excluded.status, view = excluded.view
 where known.sequence <= excluded.sequence
"""

PUT_PAYMENTS = """
insert into payments_view as known
       (payment_no, order_id, app_id, sequence, callback_id, merchant_id, merchant_order_no,
        channel_trade_no, channel, status, created_at, view)
select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
                     $12::jsonb[])
on conflict (payment_no) do update
   set sequence = excluded.sequence, callback_id = excluded.callback_id,
       channel_trade_no = excluded.channel_trade_no, channel = excluded.channel,
       status = excluded.status, view = excluded.view
 where known.sequence <= excluded.sequence
"""

PUT_REFUNDS = """
insert into refunds_view as known
       (refund_no, order_id, app_id, sequence, callback_id, payment_no, merchant_id,
        merchant_refund_no, channel_refund_no, amount, status, created_at, view)
select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[],
                     $12::timestamptz[], $13::jsonb[])
on conflict (refund_no) do update
   set sequence = excluded.sequence, callback_id = excluded.callback_id,
       channel_refund_no = excluded.channel_refund_no, status = excluded.status,
       view = excluded.view
 where known.sequence <= excluded.sequence
"""

# An older word changes nothing but the attempts that are known: up to some 150, where a schedule
# has sixteen.
PUT_DELIVERIES = """
insert into deliveries_view as known
       (callback_id, state, attempts, last_status, url, at, numbers, tried)
select callback_id, state, attempts, last_status, url, at,
       array(select jsonb_object_keys(numbers)), tried
  from unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::text[],
              $6::timestamptz[], $7::jsonb[], $8::jsonb[])
       as told (callback_id, state, attempts, last_status, url, at, numbers, tried)
on conflict (callback_id) do update
   set state = case when known.at <= excluded.at then excluded.state else known.state end,
       attempts = case when known.at <= excluded.at then excluded.attempts else known.attempts end,
       last_status = case when known.at <= excluded.at then excluded.last_status
                          else known.last_status end,
       url = case when known.at <= excluded.at then excluded.url else known.url end,
       at = case when known.at <= excluded.at then excluded.at else known.at end,
       numbers = case when known.numbers @> excluded.numbers then known.numbers
                      else excluded.numbers end,
       tried = case when octet_length(known.tried::text) < 16384
                    then known.tried || excluded.tried else known.tried end
"""

TRIED_OF = "select callback_id, tried from deliveries_view where callback_id = any ($1::text[])"


async def put_orders(tx: Tx, orders: Sequence[Mention[OrderSummary]]) -> None:
    rows = [
        (
            mention.order_id,
            mention.app_id,
            mention.sequence,
            mention.view.merchant_id,
            mention.view.merchant_order_no,
            mention.view.status,
            mention.view.created_at,
            mention.view.model_dump(mode="json"),
        )
        for mention in orders
    ]
    await _put(tx, PUT_ORDERS, rows)


async def put_payments(tx: Tx, payments: Sequence[Mention[PaymentView]]) -> None:
    rows = [
        (
            mention.view.payment_no,
            mention.order_id,
            mention.app_id,
            mention.sequence,
            mention.callback_id,
            mention.view.merchant_id,
            mention.view.merchant_order_no,
            mention.view.channel_trade_no,
            mention.view.channel,
            mention.view.status,
            mention.view.created_at,
            mention.view.model_dump(mode="json"),
        )
        for mention in payments
    ]
    await _put(tx, PUT_PAYMENTS, rows)


async def put_refunds(tx: Tx, refunds: Sequence[Mention[RefundView]]) -> None:
    rows = [
        (
            mention.view.refund_no,
            mention.order_id,
            mention.app_id,
            mention.sequence,
            mention.callback_id,
            mention.view.payment_no,
            mention.view.merchant_id,
            mention.view.merchant_refund_no,
            mention.view.channel_refund_no,
            mention.view.amount,
            mention.view.status,
            mention.view.created_at,
            mention.view.model_dump(mode="json"),
        )
        for mention in refunds
    ]
    await _put(tx, PUT_REFUNDS, rows)


async def put_deliveries(tx: Tx, deliveries: Mapping[str, CallbackNews]) -> None:
    """By callback id."""
    rows = [
        (
            callback_id,
            news.newest.state,
            news.newest.attempts,
            news.newest.last_status,
            news.newest.url,
            news.newest.at,
            dict.fromkeys(sorted(news.numbers)),
            {one.at.isoformat(): _answered(one) for one in news.tried},
        )
        for callback_id, news in deliveries.items()
    ]
    await _put(tx, PUT_DELIVERIES, rows)


async def list_tried(tx: Tx, callback_ids: Sequence[str]) -> dict[str, list[Tried]]:
    """By callback id the attempts that are known, the first of them first."""
    return {
        row["callback_id"]: [
            Tried(at=datetime.fromisoformat(at), **answer)
            for at, answer in sorted(row["tried"].items())
        ]
        for row in await tx.fetch(TRIED_OF, callback_ids)
    }


def _answered(tried: Tried) -> dict[str, object]:
    return {"status": tried.status, "error": tried.error, "latency_ms": tried.latency_ms}


async def _put(tx: Tx, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        await tx.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
