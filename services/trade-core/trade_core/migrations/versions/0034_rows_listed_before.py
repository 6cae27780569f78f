"""What a statement lists that one of an earlier day lists too: its fee was taken once."""

from chassis.migrations import execute

revision = "0034"
down_revision = "0033"

LISTED_BEFORE = """
create table if not exists listed_before (
    statement_no text not null references statement,
    about        text not null,
    subject      text not null,
    channel_no   text not null,
    amount       bigint not null,
    primary key (statement_no, about, subject, channel_no)
);
comment on table listed_before is
    'Rows of statements that stand in one of an earlier day of the account, whose fees are booked
     there; kept when the rows themselves are gone.';
"""


def upgrade() -> None:
    execute(LISTED_BEFORE)
