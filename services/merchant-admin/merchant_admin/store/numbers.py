"""Finding whatever has a number, by any of its numbers or how it begins."""

from typing import Final

from chassis.database import Tx
from merchant_admin.domain.numbers import Found, Hit, Typed
from merchant_admin.domain.scope import Scope
from merchant_admin.store.scope import within
from merchant_admin.store.shown_status import shown_payment_status, shown_status

PLAN_WITH_VALUES: Final = "set local plan_cache_mode = force_custom_plan"

_OF: Final = """
(select '{kind}' as kind, t.{number} as number, t.{shown} as shown, t.order_id, t.view,
        {status} as status
   from {table} t where {condition} and {scope} limit $5)
"""
_LIKE: Final = "lower(t.{column}) like $1"
_BETWEEN: Final = "t.{column} between $2 and $3"

_SOURCES: Final = (
    (Found.ORDER, "orders_view", "order_id", "merchant_order_no", _LIKE),
    (Found.PAYMENT, "payments_view", "payment_no", "payment_no", _BETWEEN),
    (Found.PAYMENT, "payments_view", "payment_no", "channel_trade_no", _LIKE),
    (Found.REFUND, "refunds_view", "refund_no", "refund_no", _BETWEEN),
    (Found.REFUND, "refunds_view", "refund_no", "merchant_refund_no", _LIKE),
    (Found.REFUND, "refunds_view", "refund_no", "channel_refund_no", _LIKE),
    (Found.SPLIT, "splits_view", "split_no", "split_no", _BETWEEN),
    (Found.SPLIT, "splits_view", "split_no", "merchant_split_no", _LIKE),
)
_STATUS: Final = {
    Found.ORDER: shown_status("t"),
    Found.PAYMENT: shown_payment_status("t"),
}
_EVENTS: Final = """
(select 'event' as kind, h.event_id as number, h.event_id as shown, h.order_id, t.view,
        {status} as status
   from order_history h join orders_view t using (order_id)
  where h.event_id between $2 and $3 and {scope} limit $5)
"""


def _statement() -> str:
    parts = [
        _OF.format(
            kind=kind,
            table=table,
            number=number,
            shown=column,
            condition=condition.format(column=column),
            status=_STATUS.get(kind, "t.status"),
            scope=":scope",
        )
        for kind, table, number, column, condition in _SOURCES
    ]
    events = _EVENTS.format(status=shown_status("t"), scope=":scope")
    return within("union all".join([*parts, events]), "t.merchant_id", 4)


_FIND: Final = _statement()


async def find(tx: Tx, typed: Typed, scope: Scope, limit: int) -> list[Hit]:
    """What has this number, or one that begins so; up to `limit` of each kind of number."""
    await tx.execute(PLAN_WITH_VALUES)
    rows = await tx.fetch(
        _FIND, typed.pattern, typed.first_id, typed.last_id, scope.parameter, limit
    )
    return [
        Hit(
            kind=Found(row["kind"]),
            number=row["number"],
            shown=row["shown"],
            order_id=row["order_id"],
            is_whole=row["shown"].lower() == typed.lowered,
            subject=row["view"].get("subject") or row["shown"],
            amount=row["view"]["amount"],
            currency=row["view"]["currency"],
            status=row["status"],
        )
        for row in rows
    ]
