"""Statements that people upload, of channels that have none to fetch."""

from datetime import datetime

from chassis.database import Tx
from contracts.identifiers import new_id
from contracts.internal import BeginUpload
from trade_core.domain.reconciliation import Reconciliation
from trade_core.store import reconciliations


async def ensure(tx: Tx, upload: BeginUpload) -> str:
    """The number of the statement of this account and day, made if need be."""
    account = (upload.merchant_id, upload.payment_id, upload.channel)
    return str(await tx.fetchval(_ENSURE, new_id("statement"), *account, upload.day))


async def begin_upload(
    tx: Tx, reconciliation: Reconciliation, sha256: str, *, now: datetime, due_at: datetime
) -> None:
    """A person's file is coming, as this round."""
    await reconciliations.begin_round(tx, reconciliation, now=now, due_at=due_at)
    await tx.execute(_NOTE_FILE, reconciliation.statement_no, sha256, reconciliation.round)


async def note_to_upload(
    tx: Tx, reconciliation: Reconciliation, *, note: str, due_at: datetime | None
) -> None:
    """A person is to bring it; it is looked at again at `due_at`, so that people hear of it."""
    await tx.execute(_NOTE_TO_UPLOAD, reconciliation.statement_no, due_at, note)


async def compare_again(tx: Tx, reconciliation: Reconciliation, now: datetime) -> None:
    """The rows that are here are compared next, as if they had just come."""
    await tx.execute(_COMPARE_AGAIN, reconciliation.statement_no, now)


_ENSURE = """
insert into statement (statement_no, merchant_id, payment_id, channel, day, state)
values ($1, $2, $3, $4, $5, 'to_upload')
on conflict (payment_id, day) do update set day = excluded.day
returning statement_no
"""

_NOTE_FILE = """
update statement set file_sha256 = $2, file_round = $3 where statement_no = $1
"""

_COMPARE_AGAIN = """
update statement
set state = 'comparing', next_look_at = $2, attempts = 0, comparisons = 0, note = null
where statement_no = $1
"""

_NOTE_TO_UPLOAD = """
update statement set state = 'to_upload', next_look_at = $2, note = $3 where statement_no = $1
"""
