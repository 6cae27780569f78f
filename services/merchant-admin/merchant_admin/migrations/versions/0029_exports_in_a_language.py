"""The language of the person for whom a file is made; none for a program's."""

from chassis.migrations import execute

revision = "0029"
down_revision = "0028"

CHANGES = """
alter table export add column language text check (language in ('zh', 'en'));
"""


def upgrade() -> None:
    execute(CHANGES)
