"""Decisions that give money back wait for a second person, too."""

from chassis.migrations import execute

revision = "0026"
down_revision = "0025"

CHANGES = """
alter table approval drop constraint approval_kind_check;
alter table approval add constraint approval_kind_check
    check (kind in ('refund', 'decision', 'credentials', 'callback_address', 'four_eyes'));
"""


def upgrade() -> None:
    execute(CHANGES)
