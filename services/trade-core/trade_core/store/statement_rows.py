"""Rows of statements: staged page by page, and deleted when a later round is there."""

from collections.abc import Iterable, Sequence

from chassis.database import Tx
from contracts.events.results import RefundResult
from contracts.internal import MAX_RAW_CHARS
from contracts.text import clean
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.reconciling import OwnRow


async def add_page(
    tx: Tx, reconciliation: Reconciliation, first_row: int, rows: Sequence[OwnRow | None]
) -> bool:
    """Stage the own rows of a page (None: a foreign one); False where it was here before."""
    if not await tx.fetchval(
        _ADD_PAGE, reconciliation.statement_no, reconciliation.round, first_row
    ):
        return False
    staged = [
        {
            "line": first_row + place,
            "about": own.about,
            "subject": own.subject,
            "payment_no": own.payment_no,
            "channel_no": own.channel_no,
            "amount": own.row.amount,
            "currency": own.row.currency,
            "fee": own.row.fee,
            "queried_as": own.row.queried_as or None,
            "status": "unreadable" if own.about == "row" else own.row.status,
            "raw": clean(own.row.raw, MAX_RAW_CHARS) if own.about == "row" else None,
        }
        for place, own in enumerate(rows)
        if own is not None
    ]
    if staged:
        await tx.execute(
            _ADD_ROWS,
            reconciliation.statement_no,
            reconciliation.round,
            reconciliation.account_id,
            staged,
        )
    return True


async def note_failed(tx: Tx, words: Iterable[RefundResult]) -> None:
    """Refunds made without us that a statement lists as under way, and of which their account says
    that they came to nothing: no money moved, and no later statement lists them."""
    for word in words:
        await tx.execute(_FAIL, word.payment_no, word.payment_id, word.refund_no)


async def forget(tx: Tx, statement_no: str, *, before_round: int, limit: int) -> int:
    """Delete up to `limit` rows of earlier rounds; answers how many."""
    await tx.execute(_FORGET_PAGES, statement_no, before_round)
    return len(await tx.fetch(_FORGET_ROWS, statement_no, before_round, limit))


_ADD_PAGE = """
insert into bill_page (statement_no, round, first_row) values ($1, $2, $3)
on conflict do nothing
returning true
"""

# A refund that the channel made without us names a payment only. So is one of ours that our books
# have lost, under the number that it had here.
_ADD_ROWS = """
insert into bill_row (statement_no, round, line, about, subject, is_ours, channel_no, amount,
    currency, fee, status, raw, queried_as)
select $1, $2, g.line, g.about, coalesce(lost.payment_no, g.subject),
    p.payment_id is not distinct from $3,
    case when lost.payment_no is null then g.channel_no else g.subject end,
    g.amount, g.currency, g.fee, g.status, g.raw, g.queried_as
from jsonb_to_recordset($4)
  as g (line int, about text, subject text, payment_no text, channel_no text, amount bigint,
        currency text, fee bigint, status text, raw text, queried_as text)
left join refunds r on r.refund_no = g.subject
left join payments lost on r.refund_no is null and lost.payment_no = g.payment_no
left join payments p on p.payment_no = coalesce(r.payment_no, lost.payment_no, g.subject)
on conflict do nothing
"""

_FAIL = """
update bill_row k set status = 'failed'
from statement s
where k.subject = $1 and k.about = 'refund' and k.queried_as = $3 and k.status = 'under_way'
  and k.is_ours and s.statement_no = k.statement_no and s.payment_id = $2
  and not exists (
    select from payments p join refunds r using (order_id, payment_no)
    where p.payment_no = $1 and r.cause = 'external' and r.channel_refund_no = k.channel_no)
"""

_FORGET_PAGES = "delete from bill_page where statement_no = $1 and round < $2"

_FORGET_ROWS = """
delete from bill_row
where (statement_no, round, line) in (
    select statement_no, round, line from bill_row
    where statement_no = $1 and round < $2 order by round, line limit $3)
returning true
"""
