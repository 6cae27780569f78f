"""For batches: entries are checked by the statement, and changed rows find room in their page."""

from chassis.migrations import execute

revision = "0005"
down_revision = "0004"

# Postings are neither changed nor deleted, so each transaction sums to zero as long as whatever is
# added to it does; no older posting has to be read again. Entries must be written by one statement
# each, and nobody, not even their writer, ever sees the ledger out of balance.
LEDGER = """
create function ledger_entries_balance() returns trigger language plpgsql as $$
declare
    wrong bigint;
begin
    select transaction_id into wrong from added
    where (select id from ledger_transaction where id = transaction_id) is null
    limit 1;
    if found then
        raise exception 'there is no ledger transaction %', wrong
            using errcode = 'foreign_key_violation';
    end if;
    select transaction_id into wrong from added
    group by transaction_id, currency having sum(amount) <> 0
    limit 1;
    if found then
        raise exception 'ledger transaction % does not balance', wrong
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
drop trigger ledger_posting_balances on ledger_posting;
drop function ledger_must_balance();
create trigger ledger_posting_balances
    after insert on ledger_posting referencing new table as added
    for each statement execute function ledger_entries_balance();
"""

# Each row is changed at least twice soon after it was made; a new version in the same page needs no
# new entries in the indexes.
ROOM = """
alter table orders set (fillfactor = 50);
alter table payments set (fillfactor = 50);
"""


def upgrade() -> None:
    for script in (LEDGER, ROOM):
        execute(script)
