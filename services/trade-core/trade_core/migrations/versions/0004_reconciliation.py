"""Reconciliation (对账): statements of channel accounts, the rows of their bills, differences."""

from chassis.migrations import execute

revision = "0004"
down_revision = "0003"

STATEMENTS = """
create table statement (
    statement_no     text primary key,
    merchant_id      text not null,
    payment_id       text not null,
    channel          text not null,
    day              date not null,
    state            text not null check (state in ('awaited', 'fetching', 'comparing',
                         'matched', 'differs', 'unavailable')),
    next_look_at     timestamptz,
    attempts         integer not null default 0,
    round            integer not null default 0,
    asked_at         timestamptz,
    rows_received    integer not null default 0,
    rows_round       integer,
    rows_until       timestamptz,
    fetched_at       timestamptz,
    comparisons      integer not null default 0,
    compared_at      timestamptz,
    note             text,
    is_overdue_told  boolean not null default false,
    currency         text,
    rows             integer not null default 0,
    payments         integer not null default 0,
    paid             bigint not null default 0,
    refunds          integer not null default 0,
    refunded         bigint not null default 0,
    fees             bigint not null default 0,
    fees_booked      bigint,
    open_differences integer not null default 0,
    unique (payment_id, day)
) with (fillfactor = 80);
create index statement_next on statement (next_look_at) where next_look_at is not null;
create index statement_rows on statement (rows_until) where rows_until is not null;
create index statement_latest on statement (day, statement_no);
create index statement_of_merchant on statement (merchant_id, day, statement_no);
comment on table statement is
    'What a channel''s bill of one account and Beijing day says, and how it agrees with the books.';
comment on column statement.rows_round is
    'The fetch whose rows are whole and compared; rows of other rounds are not looked at.';
"""

BILL_ROWS = """
create table bill_page (
    statement_no text not null,
    round        integer not null,
    first_row    integer not null,
    primary key (statement_no, round, first_row)
);
comment on table bill_page is 'The pages of a bill that have come: none is taken twice.';

create table bill_row (
    statement_no text not null,
    round        integer not null,
    line         integer not null,
    about        text not null,
    subject      text not null,
    is_ours      boolean not null,
    channel_no   text not null,
    amount       bigint not null,
    currency     text not null,
    fee          bigint not null,
    status       text not null,
    primary key (statement_no, round, line)
);
create index bill_row_subject on bill_row (subject);
comment on table bill_row is
    'Rows of bills with a number of our form, for some days: compared, then deleted.';
comment on column bill_row.is_ours is 'Whether that payment is on file at this channel account.';
"""

MOVEMENTS = """
create table movement (
    subject    text primary key,
    payment_id text not null,
    day        date not null,
    booked_at  timestamptz not null,
    begun_at   timestamptz not null,
    amount     bigint not null,
    currency   text not null
);
create index movement_day on movement (day, payment_id);
comment on table movement is
    'What the ledger says a channel moved of the last days, by the channel''s own time: must stand
     in a bill. Taken from the ledger beside its balances, so that payments need no such index.';
"""

DIFFERENCES = """
create table difference (
    difference_no   text primary key,
    statement_no    text not null references statement,
    kind            text not null check (kind in ('not_booked', 'not_billed', 'amount',
                        'unknown_number')),
    about           text not null check (about in ('payment', 'refund')),
    subject         text not null,
    channel_no      text,
    our_amount      bigint,
    our_currency    text,
    our_status      text,
    billed_amount   bigint,
    billed_currency text,
    state           text not null check (state in ('asked', 'open', 'closed', 'settled')),
    found_at        timestamptz not null,
    closed_at       timestamptz,
    unique (statement_no, kind, about, subject)
);
create index difference_of_statement on difference (statement_no, difference_no);
comment on table difference is
    'Where a bill and the books do not agree. Why people let one be stands in decision.';
"""


def upgrade() -> None:
    for script in (STATEMENTS, BILL_ROWS, MOVEMENTS, DIFFERENCES):
        execute(script)
