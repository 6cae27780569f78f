"""The ledger's rows: appended, never changed; the database checks that they balance."""

from collections.abc import Sequence

from chassis.database import Tx
from trade_core.domain.ledger import Entry


async def append(tx: Tx, entries: Sequence[Entry]) -> None:
    """Append in one statement. An entry that is there already breaks the transaction."""
    if not entries:
        return
    lines = [
        (place, line, posting, entry)
        for place, entry in enumerate(entries)
        for line, posting in enumerate(entry.postings)
    ]
    await tx.execute(
        _APPEND,
        [entry.kind for entry in entries],
        [entry.subject for entry in entries],
        [entry.at for entry in entries],
        [entries[place].kind for place, *_ in lines],
        [entries[place].subject for place, *_ in lines],
        [line for _, line, *_ in lines],
        [posting.purpose for _, _, posting, _ in lines],
        [entry.merchant_id for *_, entry in lines],
        [entry.payment_id for *_, entry in lines],
        [entry.currency for *_, entry in lines],
        [posting.amount for _, _, posting, _ in lines],
    )


_APPEND = """
with booked as (
    insert into ledger_transaction (kind, subject, at)
    select * from unnest($1::text[], $2::text[], $3::timestamptz[])
    returning id, kind, subject
)
insert into ledger_posting
    (transaction_id, line, purpose, merchant_id, payment_id, currency, amount)
select booked.id, p.line, p.purpose, p.merchant_id, p.payment_id, p.currency, p.amount
from unnest($4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::bigint[])
  as p (kind, subject, line, purpose, merchant_id, payment_id, currency, amount)
join booked using (kind, subject)
"""
