"""For the operation: decisions, due rows per account, books that nobody changes and a night checks,
dead letters that are replayed."""

from chassis.migrations import execute

revision = "0003"
down_revision = "0002"

CLAIMS = """
alter table payments add column claim jsonb;
comment on column payments.claim is
    'The money that the channel says it took, where that differs from ours.';
"""

REFUNDS = """
alter table refunds add column decided text
    check (decided in ('pay_out', 'settled_outside', 'release'));
alter table refunds drop constraint refunds_check;
alter table refunds add constraint refunds_number_is_the_apps
    check (merchant_refund_no is null or cause = 'requested') not valid;
"""

DECISIONS = """
create table decision (
    id         bigint generated always as identity primary key,
    subject    text not null,
    decision   text not null,
    reason     text not null,
    decided_by text not null,
    decided_at timestamptz not null
);
create index decision_subject on decision (subject, id);
comment on table decision is
    'What people decided of a payment or refund (by its number), and why: append-only.';
"""

DUE_WORK = """
alter table due_work add column account text not null default '';
update due_work d set account = p.payment_id
from payments p where p.payment_no = d.subject and p.payment_id is not null;
update due_work d set account = p.payment_id
from refunds r join payments p using (payment_no) where r.refund_no = d.subject;
create index due_work_of_account on due_work (account, due_at);
comment on column due_work.account is
    'The channel account (payment_id) of the subject, each of which gets its share of a claim.';
"""

BALANCES = """
create table ledger_balance (
    merchant_id text not null,
    payment_id  text not null,
    currency    text not null,
    purpose     text not null,
    amount      numeric(38) not null,
    primary key (merchant_id, payment_id, currency, purpose)
);
comment on table ledger_balance is
    'The sums of the postings up to ledger_position: derived, and checked every night.';

create table ledger_position (
    is_only boolean primary key default true check (is_only),
    upto    bigint not null
);
insert into ledger_position (upto) values (0);
comment on table ledger_position is
    'The last ledger transaction that ledger_balance holds; all before it have ended.';

create table ledger_check (
    day          date primary key,
    finished_at  timestamptz not null,
    payments     bigint not null,
    transactions bigint not null,
    differences  bigint not null
);
comment on table ledger_check is 'The nightly checks that were finished, and what they found.';
"""

DEAD_EVENTS = """
alter table dead_event
    add column id bigint generated always as identity,
    add column tries integer not null default 0,
    add column replayed_at timestamptz,
    add constraint dead_event_id unique (id);
comment on column dead_event.replayed_at is 'When a replay could be applied at last.';
"""

# A foreign key locks the row that it refers to, which takes the right to update it. No transaction
# of the ledger is ever deleted, so it is enough to see that it is there.
RIGHTS = """
alter table ledger_posting drop constraint ledger_posting_transaction_id_fkey;
create or replace function ledger_must_balance() returns trigger language plpgsql as $$
begin
    if not exists (select from ledger_transaction where id = new.transaction_id) then
        raise exception 'there is no ledger transaction %', new.transaction_id
            using errcode = 'foreign_key_violation';
    end if;
    if exists (
        select from ledger_posting
        where transaction_id = new.transaction_id
        group by currency having sum(amount) <> 0
    ) then
        raise exception 'ledger transaction % does not balance', new.transaction_id
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
revoke update, delete, truncate
    on ledger_transaction, ledger_posting, decision
    from current_user;
revoke update, truncate on event_log from current_user;
"""


def upgrade() -> None:
    for script in (CLAIMS, REFUNDS, DECISIONS, DUE_WORK, BALANCES, DEAD_EVENTS, RIGHTS):
        execute(script)
