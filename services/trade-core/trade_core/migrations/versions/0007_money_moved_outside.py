"""Refunds that were made outside us, when a channel spoke last, versions that decisions name, and
rows of statements that cannot be read."""

from chassis.migrations import execute

revision = "0007"
down_revision = "0006"

# A payment is returned by itself at most once; at its channel it may be refunded several times.
REFUNDS = """
alter table refunds
    add column last_said_at timestamptz,
    add column turn         integer not null default 0,
    add column version      integer not null default 0;
alter table refunds drop constraint refunds_cause_check;
alter table refunds add constraint refunds_cause_check
    check (cause in ('requested', 'duplicate', 'late', 'external')) not valid;
drop index refunds_by_itself;
create unique index refunds_by_itself on refunds (payment_no)
    where cause in ('duplicate', 'late');
create unique index refunds_made_outside on refunds (payment_no, channel_refund_no)
    where cause = 'external' and channel_refund_no is not null;
comment on column refunds.last_said_at is
    'By when the channel''s last word of it was said: an older one is no news.';
comment on column refunds.turn is
    'How often an end was left again: each turn has its own entries in the ledger.';
comment on column refunds.version is 'Rises with each change; a decision names it.';
"""

DIFFERENCES = """
alter table difference
    add column version integer not null default 0,
    add column detail  text;
alter table difference drop constraint difference_kind_check;
alter table difference add constraint difference_kind_check
    check (kind in ('not_booked', 'not_billed', 'amount', 'unknown_number', 'unreadable_row'))
    not valid;
alter table difference drop constraint difference_about_check;
alter table difference add constraint difference_about_check
    check (about in ('payment', 'refund', 'row')) not valid;
comment on column difference.detail is 'The text of a row that cannot be read.';
alter table bill_row add column raw text;
"""


def upgrade() -> None:
    for script in (REFUNDS, DIFFERENCES):
        execute(script)
