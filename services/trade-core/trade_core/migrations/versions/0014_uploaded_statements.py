"""Statements that people upload, of channels that have none to fetch."""

from chassis.migrations import execute

revision = "0014"
down_revision = "0013"

STATEMENTS = """
alter table statement
    add column file_sha256 text,
    add column file_round  integer;
alter table statement drop constraint statement_state_check;
alter table statement add constraint statement_state_check
    check (state in ('awaited', 'fetching', 'comparing', 'matched', 'differs', 'unavailable',
                     'to_upload')) not valid;
comment on column statement.file_sha256 is
    'The file that a person uploaded last; its rows are those of round file_round.';
"""

# Channels of which it was said that they have none may want them uploaded now: asked once more.
UNAVAILABLE = """
update statement set state = 'awaited', next_look_at = now(), attempts = 0
where state = 'unavailable' and day > current_date - 30
"""


def upgrade() -> None:
    for script in (STATEMENTS, UNAVAILABLE):
        execute(script)
