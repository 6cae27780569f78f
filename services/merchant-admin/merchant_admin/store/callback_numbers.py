"""Which callbacks are about a number: as the search box reads it, in any case, whole or from how it
begins."""

from collections.abc import Sequence
from typing import Final

from chassis.database import Tx
from merchant_admin.domain.numbers import Typed
from merchant_admin.domain.scope import Scope
from merchant_admin.store.scope import within

PLAN_WITH_VALUES: Final = "set local plan_cache_mode = force_custom_plan"

MOST_THINGS: Final = 1_000
"""Of each kind, that begin with what was typed; what has it whole is one thing, or a few."""

_OURS: Final = """
(select order_id, {key} as subject, {key} = upper($4) as is_whole
   from {table} v where {key} between $2 and $3 and :scope limit $5)
"""
_OTHERS: Final = """
(select order_id, {subject} as subject, lower({column}) = $4 as is_whole
   from {table} v where lower({column}) like $1 and :scope limit $5)
"""
_NAMED: Final = "union all".join(
    (
        _OTHERS.format(table="orders_view", subject="null::text", column="merchant_order_no"),
        _OURS.format(table="payments_view", key="payment_no"),
        _OTHERS.format(table="payments_view", subject="payment_no", column="channel_trade_no"),
        _OURS.format(table="refunds_view", key="refund_no"),
        _OTHERS.format(table="refunds_view", subject="refund_no", column="merchant_refund_no"),
        _OTHERS.format(table="refunds_view", subject="refund_no", column="channel_refund_no"),
        _OURS.format(table="splits_view", key="split_no"),
        _OTHERS.format(table="splits_view", subject="split_no", column="merchant_split_no"),
    )
)

# Of an order, all; of a payment also what is about its refunds and splits. Where something has the
# number whole, what only begins so is not meant. What the notifier alone told of has its numbers
# beside it.
_FIND: Final = within(
    f"""
with named as materialized ({_NAMED}),
meant as materialized (
    select order_id, subject from named
     where is_whole or not exists (select from named where is_whole)
),
about (order_id, subject) as (
    select order_id, subject from meant
    union
    select order_id, refund_no from refunds_view
     where payment_no = any (array(select subject from meant))
    union
    select order_id, split_no from splits_view
     where payment_no = any (array(select subject from meant))
)
select event_id from (
    select h.event_id from about join order_history h using (order_id)
     where h.type = any ($6::text[]) and (about.subject is null or about.subject = h.subject)
    union
    select h.event_id from order_history h join orders_view v using (order_id)
     where h.event_id between $2 and $3 and h.type = any ($6::text[]) and :scope
    union
    select callback_id from deliveries_view where numbers && $7::text[]) as found (event_id)
 where $9::text is null or event_id < $9
 order by event_id desc
 limit $8
""",  # noqa: S608  # _NAMED is a constant of this file
    "v.merchant_id",
    10,
)


async def list_events(
    tx: Tx,
    typed: Typed,
    scope: Scope,
    types: Sequence[str],
    *,
    after: str | None,
    limit: int,
) -> list[str]:
    """The ids of the callbacks, the newest first, from behind `after` on. Those that were told of
    by the notifier alone are of anybody's: it has to be asked with the scope."""
    await tx.execute(PLAN_WITH_VALUES)
    rows = await tx.fetch(
        _FIND, typed.pattern, typed.first_id, typed.last_id, typed.lowered, MOST_THINGS,
        types, typed.cases, limit, after, scope.parameter,
    )  # fmt: skip
    return [row["event_id"] for row in rows]
