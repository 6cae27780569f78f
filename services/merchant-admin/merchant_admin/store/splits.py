"""The read model of splits (分账)."""

from collections.abc import Sequence

import asyncpg

from chassis.database import Tx
from contracts.api import SplitView
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.projection import Mention
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import FoundSplit, SplitSearch
from merchant_admin.store.scope import within
from merchant_admin.store.search import delivery_of, with_thousandths

PUT = """
insert into splits_view as known
       (split_no, order_id, app_id, sequence, callback_id, payment_no, merchant_id,
        merchant_split_no, status, created_at, view)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (split_no) do update
   set sequence = excluded.sequence, status = excluded.status, view = excluded.view,
       callback_id = coalesce(excluded.callback_id, known.callback_id)
 where known.sequence <= excluded.sequence
"""

_FOUND = within(
    with_thousandths(
        """
select :columns
  from splits_view s left join deliveries_view d using (callback_id)
 where ($1::text is null or s.split_no = $1)
   and ($2::text is null or s.payment_no = $2)
   and ($3::text is null or s.merchant_split_no = $3)
   and ($4::text is null or s.merchant_id = $4)
   and ($5::text is null or s.app_id = $5)
   and ($6::text is null or s.status = $6)
   and ($7::timestamptz is null or s.created_at >= $7)
   and ($8::timestamptz is null or s.created_at < $8)
   and ($9::timestamptz is null or (s.created_at, s.split_no) < ($9, $10::text))
   and ($13::text is null or s.split_no = $13 or s.merchant_split_no = $13 or s.payment_no = $13)
   and ($14::text is null or exists (
        select from payments_view p where p.payment_no = s.payment_no and p.channel = $14))
   and ($15::text is null or exists (
        select from payments_view p
         where p.payment_no = s.payment_no and p.view ->> 'method' = $15))
   and ($16::bigint is null or :thousandths >= $16)
   and ($17::bigint is null or :thousandths <= $17)
   and :scope
 order by s.created_at desc, s.split_no desc
 limit $11
""",
        "s",
    ),
    "s.merchant_id",
    12,
)

LIST = _FOUND.replace(
    ":columns",
    """s.order_id, s.app_id, s.view,
       d.callback_id, d.state, d.attempts, d.last_status, d.url, d.at""",
)

PLAN_WITH_VALUES = "set local plan_cache_mode = force_custom_plan"


async def put_splits(tx: Tx, splits: Sequence[Mention[SplitView]]) -> None:
    """Older news changes nothing; what receivers gave back is no news of the callback."""
    for mention in splits:
        await tx.execute(
            PUT,
            mention.view.split_no,
            mention.order_id,
            mention.app_id,
            mention.sequence,
            mention.callback_id,
            mention.view.payment_no,
            mention.view.merchant_id,
            mention.view.merchant_split_no,
            mention.view.status,
            mention.view.created_at,
            mention.view.model_dump(mode="json"),
        )


async def list_splits(tx: Tx, search: SplitSearch) -> list[FoundSplit]:
    """The newest first."""
    await tx.execute(PLAN_WITH_VALUES)
    return [_split(row, search.scope) for row in await tx.fetch(LIST, *parameters(search))]


def splits_found(_: SplitSearch) -> str:
    """The statement, without its `:columns`."""
    return _FOUND


def parameters(search: SplitSearch) -> tuple[object, ...]:
    return (
        search.split_no,
        search.payment_no,
        search.merchant_split_no,
        search.merchant_id,
        search.app_id,
        search.state,
        search.created_from,
        search.created_before,
        search.after.created_at if search.after else None,
        search.after.number if search.after else None,
        search.limit,
        search.scope.parameter,
        search.number,
        search.channel,
        search.method,
        search.amount_from,
        search.amount_to,
    )


async def get_split(tx: Tx, split_no: str, scope: Scope) -> FoundSplit:
    """Raises NoSuch, also for a split that has not arrived here yet."""
    for split in await list_splits(tx, SplitSearch(scope, split_no=split_no, limit=1)):
        return split
    raise NoSuch("split")


def _split(row: asyncpg.Record, scope: Scope) -> FoundSplit:
    view = SplitView.model_validate(row["view"])
    return FoundSplit(row["order_id"], row["app_id"], view, delivery_of(row, scope))
