"""How far a check of the books came and the sums it found right, for the next to go on."""

from chassis.migrations import execute

revision = "0017"
down_revision = "0016"

CHECKED = """
alter table ledger_check
    add column is_full boolean not null default true,
    add column upto    bigint;
comment on column ledger_check.upto is
    'The ledger transaction up to which the books agreed; null where they did not, or of old.';

create table ledger_checked_balance (
    merchant_id text not null,
    payment_id  text not null,
    currency    text not null,
    purpose     text not null,
    amount      numeric not null,
    primary key (merchant_id, payment_id, currency, purpose)
);
comment on table ledger_checked_balance is
    'The sums of the ledger up to the position of the latest check that found no difference.';
"""


def upgrade() -> None:
    execute(CHECKED)
