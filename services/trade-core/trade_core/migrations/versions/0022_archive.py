"""The archive: closed orders by the month, their numbers unique for good."""

from chassis.migrations import execute

revision = "0022"
down_revision = "0021"

NUMBERS = """
create table archived_order_numbers (
    app_id            text not null,
    merchant_id       text not null,
    merchant_order_no text not null,
    listed_at         timestamptz not null,
    primary key (app_id, merchant_id, merchant_order_no)
);
comment on table archived_order_numbers is
    'Numbers of orders that are, were, or are about to be in the archive: never cleared, so each
     stays unique.';

create table archived_trade_numbers (
    channel_trade_no text not null,
    payment_id       text not null,
    payment_no       text not null,
    primary key (channel_trade_no, payment_id)
);
comment on table archived_trade_numbers is
    'Which payment a channel''s number settled, of those that are, or were, in the archive.';
"""

# A month's tables inherit: `payments` are all of them, `only payments` those in use. They have the
# indexes that those in use have now, full pages, and no foreign keys.
MONTHS = """
create schema archive;
comment on schema archive is
    'Closed orders by the month in which they were opened, with all that belongs to them.';

-- Orders with a number of this range; false where it is open already. Nobody who reads or writes
-- waits for it.
create function open_archive_month(month date, first_id text, end_id text) returns boolean
language plpgsql set lock_timeout = '1s' as $$
declare
    part text;
    named text;
begin
    perform pg_advisory_xact_lock(x'a2c417e'::int);
    foreach part in array array['orders', 'payments', 'refunds', 'splits', 'split_shares'] loop
        named := part || to_char(month, '"_"YYYY_MM');
        if to_regclass('archive.' || named) is not null then
            return false;
        end if;
        execute format('create table archive.%I (like %I including indexes) inherits (%I)',
                       named, part, part);
        if part <> 'split_shares' then
            execute format('alter table archive.%I add check (order_id >= %L and order_id < %L)',
                           named, first_id, end_id);
        end if;
    end loop;
    return true;
end $$;
"""


def upgrade() -> None:
    for script in (NUMBERS, MONTHS):
        execute(script)
