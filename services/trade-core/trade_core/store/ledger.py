"""The ledger's rows: appended, never changed; the database checks that they balance."""

from collections.abc import Sequence

from chassis.database import Tx
from contracts.internal import LedgerEntry
from trade_core.domain.ledger import Entry


async def append(tx: Tx, entries: Sequence[Entry]) -> None:
    """Append in one statement. An entry that is there already breaks the transaction."""
    if not entries:
        return
    await tx.execute(_APPEND, [_values(entry) for entry in entries])


async def list_entries(tx: Tx, subject: str) -> list[LedgerEntry]:
    """What was booked of this number, in that order; each kind stands there once at most."""
    rows = await tx.fetch(_ENTRIES, subject)
    return [LedgerEntry.model_validate(dict(row)) for row in rows]


async def list_entries_of(tx: Tx, subjects: Sequence[str]) -> list[LedgerEntry]:
    """What was booked of all these numbers, in that order."""
    rows = await tx.fetch(_ENTRIES_OF, subjects)
    return [LedgerEntry.model_validate(dict(row)) for row in rows]


async def fees_of(tx: Tx, statement_no: str) -> tuple[dict[str, int], int]:
    """What is booked of the fees of a statement, by currency, and in how many turns."""
    rows = await tx.fetch(_FEES, statement_no)
    return {row["currency"]: row["amount"] for row in rows}, sum(row["turns"] for row in rows)


def _values(entry: Entry) -> dict[str, object]:
    return {
        "kind": f"{entry.kind}:{entry.turn + 1}" if entry.turn else entry.kind,
        "subject": entry.subject,
        "at": entry.at,
        "merchant_id": entry.merchant_id,
        "payment_id": entry.account_id,
        "currency": entry.currency,
        "postings": [[posting.purpose, posting.amount] for posting in entry.postings],
    }


_APPEND = """
with given as (
    select * from jsonb_to_recordset($1)
      as g (kind text, subject text, at timestamptz, merchant_id text, payment_id text,
            currency text, postings jsonb)
), booked as (
    insert into ledger_transaction (kind, subject, at)
    select kind, subject, at from given
    returning id, kind, subject
)
insert into ledger_posting
    (transaction_id, line, purpose, merchant_id, payment_id, currency, amount)
select id, line - 1, posting ->> 0, merchant_id, payment_id, currency, (posting ->> 1)::bigint
from booked
join given using (kind, subject)
cross join jsonb_array_elements(postings) with ordinality as p (posting, line)
"""

_ENTRIES = """
select kind, subject, at, min(merchant_id) as merchant_id, min(payment_id) as payment_id,
    min(currency) as currency,
    jsonb_agg(jsonb_build_object('purpose', purpose, 'amount', amount) order by line) as postings
from ledger_transaction join ledger_posting on transaction_id = id
where subject = $1
group by id
order by id
"""
_ENTRIES_OF = _ENTRIES.replace("subject = $1", "subject = any ($1::text[])")

_FEES = """
select currency, sum(amount)::bigint as amount, count(*) as turns
from ledger_transaction join ledger_posting on transaction_id = id
where subject = $1 and purpose = 'channel_fees'
group by currency
"""
