"""Whether a file is for a person's spreadsheet or for a program."""

from chassis.migrations import execute

revision = "0024"
down_revision = "0023"

CHANGES = """
alter table export add column for_people boolean not null default false;
"""


def upgrade() -> None:
    execute(CHANGES)
