"""Statements: made, leased when they are due, and moved on."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from chassis.database import Tx
from contracts.events.configuration import ChannelAccountEntity, State
from contracts.identifiers import new_id
from contracts.internal import (
    AskForStatement,
    ReconciliationState,
    StatementTotal,
)
from trade_core.domain import reconciliation as schedule
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.reconciling import Judgement
from trade_core.store.rows import COLUMNS


async def make(tx: Tx, wanted: Sequence[tuple[ChannelAccountEntity, date]]) -> int:
    """Make what is not there yet; answers how many. Of an account that is disabled only for days
    on which something was booked, of a channel without statements none."""
    rows = [
        {
            "statement_no": new_id("statement"),
            "merchant_id": account.merchant_id,
            "payment_id": account.payment_id,
            "channel": account.channel,
            "day": day.isoformat(),
            "is_active": account.state is State.ACTIVE,
            "next_look_at": schedule.ready_at(day),
        }
        for account, day in wanted
    ]
    return len(await tx.fetch(_MAKE, rows, schedule.NO_STATEMENTS_FOR_DAYS))


async def ask_for(tx: Tx, request: AskForStatement, now: datetime) -> str:
    """Have it fetched now, made if need be; answers its number."""
    number = new_id("statement")
    account = (request.merchant_id, request.payment_id, request.channel)
    return str(await tx.fetchval(_ASK_FOR, number, *account, request.day, now))


async def fetch_again(tx: Tx, statement_no: str, now: datetime) -> bool:
    """Have it fetched now; False where there is no such statement."""
    return bool(await tx.fetchval(_FETCH_AGAIN, statement_no, now))


async def take(tx: Tx, *, now: datetime, lease_until: datetime, limit: int) -> list[Reconciliation]:
    """Take up to `limit` that are due; two replicas never take the same."""
    return [_reconciliation(row) for row in await tx.fetch(_TAKE, now, lease_until, limit)]


async def lock(tx: Tx, statement_no: str) -> Reconciliation | None:
    row = await tx.fetchrow(_LOCK, statement_no)
    return None if row is None else _reconciliation(row)


async def begin_round(
    tx: Tx, reconciliation: Reconciliation, *, now: datetime, due_at: datetime
) -> None:
    """The statement is being asked for, as this round and attempt."""
    until = schedule.kept_until(reconciliation.day, now)
    await tx.execute(
        _BEGIN_ROUND,
        reconciliation.statement_no,
        reconciliation.round,
        reconciliation.attempts,
        now,
        due_at,
        until,
    )


async def note_page(
    tx: Tx, reconciliation: Reconciliation, *, received: int, due_at: datetime
) -> None:
    """More rows are here; it is looked at again at `due_at`, lest the rest never come."""
    await tx.execute(_NOTE_PAGE, reconciliation.statement_no, received, due_at)


async def complete(tx: Tx, reconciliation: Reconciliation, *, now: datetime) -> None:
    """All rows of its round are here: it is compared next."""
    await tx.execute(_COMPLETE, reconciliation.statement_no, now)


async def note_none(
    tx: Tx, reconciliation: Reconciliation, *, note: str | None, due_at: datetime | None
) -> None:
    """There is no statement; with `due_at` None it is not asked for any more."""
    awaited, unavailable = ReconciliationState.AWAITED, ReconciliationState.UNAVAILABLE
    state = unavailable if due_at is None else awaited
    await tx.execute(_NOTE_NONE, reconciliation.statement_no, state, due_at, note)


async def note_over(tx: Tx, reconciliation: Reconciliation) -> None:
    """It is not looked at again by itself, unless somebody wanted that meanwhile."""
    await tx.execute(_NOTE_OVER, reconciliation.statement_no, reconciliation.round)


async def note_overdue_alert(tx: Tx, reconciliation: Reconciliation) -> None:
    await tx.execute(_NOTE_OVERDUE_ALERT, reconciliation.statement_no)


async def note_comparison(
    tx: Tx,
    reconciliation: Reconciliation,
    judgement: Judgement,
    *,
    now: datetime,
    due_at: datetime | None,
) -> None:
    """It was compared, with this result; it is looked at again at `due_at`, or never."""
    await tx.execute(
        _NOTE_COMPARISON,
        reconciliation.statement_no,
        judgement.state,
        now,
        due_at,
        judgement.open_count,
    )


async def note_totals(
    tx: Tx, reconciliation: Reconciliation, totals: Sequence[StatementTotal]
) -> None:
    """Keep what it lists. The columns of one currency are for the release before, too: it books
    the fees of whatever has none booked yet, and so again unless these say that it was done."""
    listed = [total.model_dump() for total in totals]
    is_booked = reconciliation.is_of_whole_day
    await tx.execute(_NOTE_TOTALS, reconciliation.statement_no, listed, is_booked)


async def note_settled(tx: Tx, statement_no: str, *, listed_before: int) -> None:
    """A person settled a difference: with its last one the statement matches. `listed_before`: how
    many were open by then; those of a statement that are not listed stay open."""
    await tx.execute(_NOTE_SETTLED, statement_no, listed_before)


async def outlived(tx: Tx, now: datetime) -> list[str]:
    """Statements whose rows are not needed any more, a few."""
    return [row["statement_no"] for row in await tx.fetch(_OUTLIVED, now)]


async def note_forgotten(tx: Tx, statement_no: str) -> None:
    await tx.execute(_NOTE_FORGOTTEN, statement_no)


def _reconciliation(row: asyncpg.Record) -> Reconciliation:
    values = {name: row[COLUMNS.get(name, name)] for name in Reconciliation.__slots__}
    return Reconciliation(**{**values, "state": ReconciliationState(row["state"])})


_MAKE = """
with given as (
    select * from jsonb_to_recordset($1)
      as g (statement_no text, merchant_id text, payment_id text, channel text, day date,
            is_active boolean, next_look_at timestamptz)
)
insert into statement (statement_no, merchant_id, payment_id, channel, day, state, next_look_at)
select statement_no, merchant_id, payment_id, channel, day, 'awaited', next_look_at
from given g
where (is_active or exists (
        select from movement m where m.day = g.day and m.payment_id = g.payment_id))
  and not exists (
        select from statement s
        where s.payment_id = g.payment_id and s.day > g.day - $2::int and s.state = 'unavailable')
on conflict (payment_id, day) do nothing
returning statement_no
"""

_ASK_FOR = """
insert into statement (statement_no, merchant_id, payment_id, channel, day, state, next_look_at)
values ($1, $2, $3, $4, $5, 'awaited', $6)
on conflict (payment_id, day) do update
set state = 'awaited', next_look_at = excluded.next_look_at, attempts = 0
returning statement_no
"""

_FETCH_AGAIN = """
update statement set state = 'awaited', next_look_at = $2, attempts = 0
where statement_no = $1
returning true
"""

_TAKE = """
update statement s set next_look_at = $2
from (select statement_no from statement where next_look_at <= $1
      order by next_look_at limit $3 for update skip locked) due
where s.statement_no = due.statement_no
returning s.*
"""

_LOCK = "select * from statement where statement_no = $1 for update"

_BEGIN_ROUND = """
update statement
set state = 'fetching', round = $2, attempts = $3, asked_at = $4, next_look_at = $5,
    rows_until = $6, rows_received = 0
where statement_no = $1
"""

_NOTE_PAGE = """
update statement set rows_received = $2, next_look_at = $3 where statement_no = $1
"""

# A statement that comes without rows, again, is looked at ever more seldom.
_COMPLETE = """
update statement
set state = 'comparing', rows_round = round, rows = rows_received, fetched_at = $2,
    next_look_at = $2, attempts = 0, note = null,
    comparisons = case when rows_received = 0 then comparisons else 0 end
where statement_no = $1
"""

_NOTE_NONE = """
update statement set state = $2, next_look_at = $3, note = coalesce($4, note)
where statement_no = $1
"""

_NOTE_OVER = """
update statement set next_look_at = null
where statement_no = $1 and round = $2 and state not in ('awaited', 'fetching', 'to_upload')
"""

_NOTE_OVERDUE_ALERT = "update statement set is_overdue_told = true where statement_no = $1"

_NOTE_COMPARISON = """
update statement
set state = $2, compared_at = $3, next_look_at = $4, open_differences = $5,
    comparisons = comparisons + 1
where statement_no = $1
"""

# Amounts of more than one currency have no sum.
_NOTE_TOTALS = """
update statement s
set totals = $2, payments = t.payments, refunds = t.refunds,
    currency = case when t.currencies = 1 then t.currency end,
    paid = case when t.currencies = 1 then t.paid else 0 end,
    refunded = case when t.currencies = 1 then t.refunded else 0 end,
    fees = case when t.currencies = 1 then t.fees else 0 end,
    fees_booked = case when t.currencies = 1 then t.fees_booked when $3 then 0 end
from (
    select count(*) as currencies, min(currency) as currency,
        coalesce(sum(payments), 0) as payments, coalesce(sum(refunds), 0) as refunds,
        min(paid) as paid, min(refunded) as refunded, min(fees) as fees,
        min(fees_booked) as fees_booked
    from jsonb_to_recordset($2)
      as g (currency text, payments int, paid bigint, refunds int, refunded bigint, fees bigint,
            fees_booked bigint)
) t
where s.statement_no = $1
"""

# It may have more than are listed.
_NOTE_SETTLED = """
update statement s
set open_differences = d.open,
    state = case when s.state = 'differs' and d.open = 0 then 'matched' else s.state end
from (
    select (select count(*) from difference where statement_no = $1 and state = 'open')
        + greatest(open_differences - $2::int, 0) as open
    from statement where statement_no = $1
) d
where s.statement_no = $1
"""

_OUTLIVED = """
select statement_no from statement where rows_until <= $1 order by rows_until limit 10
"""

_NOTE_FORGOTTEN = "update statement set rows_until = null where statement_no = $1"
