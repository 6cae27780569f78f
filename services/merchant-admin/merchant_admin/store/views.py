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
select * from jsonb_to_recordset($1)
  as told (order_id text, app_id text, sequence bigint, merchant_id text, merchant_order_no text,
           status text, created_at timestamptz, view jsonb)
on conflict (order_id) do update
   set sequence = excluded.sequence, status = excluded.status, view = excluded.view
 where known.sequence <= excluded.sequence
"""

PUT_PAYMENTS = """
insert into payments_view as known
       (payment_no, order_id, app_id, sequence, callback_id, merchant_id, merchant_order_no,
        channel_trade_no, channel, status, created_at, view)
select * from jsonb_to_recordset($1)
  as told (payment_no text, order_id text, app_id text, sequence bigint, callback_id text,
           merchant_id text, merchant_order_no text, channel_trade_no text, channel text,
           status text, created_at timestamptz, view jsonb)
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
select * from jsonb_to_recordset($1)
  as told (refund_no text, order_id text, app_id text, sequence bigint, callback_id text,
           payment_no text, merchant_id text, merchant_refund_no text, channel_refund_no text,
           amount bigint, status text, created_at timestamptz, view jsonb)
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
  from jsonb_to_recordset($1)
    as told (callback_id text, state text, attempts integer, last_status integer, url text,
             at timestamptz, numbers jsonb, tried jsonb)
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
    rows = [_row(each, merchant_order_no=each.view.merchant_order_no) for each in orders]
    await _put(tx, PUT_ORDERS, rows)


async def put_payments(tx: Tx, payments: Sequence[Mention[PaymentView]]) -> None:
    rows = [
        _row(
            each,
            payment_no=each.view.payment_no,
            merchant_order_no=each.view.merchant_order_no,
            channel_trade_no=each.view.channel_trade_no,
            channel=each.view.channel,
        )
        for each in payments
    ]
    await _put(tx, PUT_PAYMENTS, rows)


async def put_refunds(tx: Tx, refunds: Sequence[Mention[RefundView]]) -> None:
    rows = [
        _row(
            each,
            refund_no=each.view.refund_no,
            payment_no=each.view.payment_no,
            merchant_refund_no=each.view.merchant_refund_no,
            channel_refund_no=each.view.channel_refund_no,
            amount=each.view.amount,
        )
        for each in refunds
    ]
    await _put(tx, PUT_REFUNDS, rows)


async def put_deliveries(tx: Tx, deliveries: Mapping[str, CallbackNews]) -> None:
    """By callback id."""
    rows = [
        {
            "callback_id": callback_id,
            "state": news.newest.state,
            "attempts": news.newest.attempts,
            "last_status": news.newest.last_status,
            "url": news.newest.url,
            "at": news.newest.at,
            "numbers": dict.fromkeys(sorted(news.numbers)),
            "tried": {one.at.isoformat(): _answered(one) for one in news.tried},
        }
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


def _row(
    mention: Mention[OrderSummary] | Mention[PaymentView] | Mention[RefundView], **own: object
) -> dict[str, object]:
    """`own`: the columns that the others have not."""
    return {
        "order_id": mention.order_id,
        "app_id": mention.app_id,
        "sequence": mention.sequence,
        "callback_id": mention.callback_id,
        "merchant_id": mention.view.merchant_id,
        "status": mention.view.status,
        "created_at": mention.view.created_at,
        "view": mention.view.model_dump(mode="json"),
        **own,
    }


async def _put(tx: Tx, statement: str, rows: Sequence[Mapping[str, object]]) -> None:
    # As one JSON text: an array per column costs several times the CPU.
    if rows:
        await tx.execute(statement, rows)
