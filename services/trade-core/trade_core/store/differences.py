"""Differences between statements and the books."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.database import Tx
from contracts.identifiers import new_id
from contracts.internal import DifferenceKind, DifferenceState, DifferenceView
from trade_core.domain.reconciling import Found, Judgement, Key


async def known(tx: Tx, statement_no: str) -> dict[Key, DifferenceState]:
    """Those of a statement that are on file."""
    return {
        (DifferenceKind(row["kind"]), row["about"], row["subject"]): DifferenceState(row["state"])
        for row in await tx.fetch(_KNOWN, statement_no)
    }


async def save(
    tx: Tx, statement_no: str, found: Sequence[Found], judgement: Judgement, *, now: datetime
) -> None:
    """Write what was found with its state, and close what was not."""
    rows = [
        {**_values(each), "state": state, "difference_no": new_id("difference")}
        for each, state in zip(found, judgement.states, strict=True)
    ]
    if rows:
        await tx.execute(_SAVE, statement_no, now, rows)
    if judgement.closed:
        kinds, abouts, subjects = zip(*judgement.closed, strict=True)
        await tx.execute(_CLOSE, statement_no, now, kinds, abouts, subjects)


async def find_view(tx: Tx, difference_no: str) -> DifferenceView | None:
    row = await tx.fetchrow(_FIND, difference_no)
    return None if row is None else DifferenceView.model_validate(dict(row))


async def list_views(
    tx: Tx, statement_no: str, after: str | None, limit: int
) -> list[DifferenceView]:
    """The oldest first, behind the one with the number `after`."""
    rows = await tx.fetch(_PAGE, statement_no, after or "", limit)
    return [DifferenceView.model_validate(dict(row)) for row in rows]


async def count_open(tx: Tx, statement_no: str) -> int:
    """Of those that are listed."""
    count: int = await tx.fetchval(_COUNT_OPEN, statement_no)
    return count


async def settle(tx: Tx, difference_no: str, *, version: int, now: datetime) -> bool:
    """A person lets it be; False where there was nothing left to settle, or it is another now."""
    return bool(await tx.fetchval(_SETTLE, difference_no, version, now))


def _values(found: Found) -> Mapping[str, object]:
    return {name: getattr(found, name) for name in Found.__slots__}


_COUNT_OPEN = "select count(*) from difference where statement_no = $1 and state = 'open'"

_KNOWN = "select kind, about, subject, state from difference where statement_no = $1"

_SAVE = """
insert into difference (difference_no, statement_no, kind, about, subject, channel_no, our_amount,
    our_currency, our_status, billed_amount, billed_currency, detail, state, found_at)
select difference_no, $1, kind, about, subject, channel_no, our_amount, our_currency, our_status,
    billed_amount, billed_currency, detail, state, $2
from jsonb_to_recordset($3)
  as g (difference_no text, kind text, about text, subject text, channel_no text,
        our_amount bigint, our_currency text, our_status text, billed_amount bigint,
        billed_currency text, detail text, state text)
on conflict (statement_no, kind, about, subject) do update
set channel_no = excluded.channel_no, our_amount = excluded.our_amount,
    our_currency = excluded.our_currency, our_status = excluded.our_status,
    billed_amount = excluded.billed_amount, billed_currency = excluded.billed_currency,
    state = excluded.state, detail = excluded.detail,
    version = difference.version + case when (difference.our_amount, difference.our_currency,
            difference.our_status, difference.billed_amount, difference.billed_currency,
            difference.state, difference.detail)
        is distinct from (excluded.our_amount, excluded.our_currency, excluded.our_status,
            excluded.billed_amount, excluded.billed_currency, excluded.state, excluded.detail)
        then 1 else 0 end,
    closed_at = case when excluded.state = 'settled' then difference.closed_at end
"""

_CLOSE = """
update difference d set state = 'closed', closed_at = $2, version = d.version + 1
from unnest($3::text[], $4::text[], $5::text[]) as c (kind, about, subject)
where d.statement_no = $1 and d.kind = c.kind and d.about = c.about and d.subject = c.subject
"""

_VIEW = """
select d.*, s.merchant_id, s.payment_id, s.channel, s.day, w.reason, w.decided_by as settled_by
from difference d join statement s using (statement_no)
left join decision w on w.subject = d.difference_no
"""

_FIND = _VIEW + "where d.difference_no = $1"

_PAGE = (
    _VIEW + "where d.statement_no = $1 and d.difference_no > $2 order by d.difference_no limit $3"
)

_SETTLE = """
update difference set state = 'settled', closed_at = $3, version = version + 1
where difference_no = $1 and version = $2 and state in ('asked', 'open')
returning true
"""
