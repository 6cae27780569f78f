"""What lets somebody act for an app waits for a second person, too."""

from chassis.migrations import execute

revision = "0030"
down_revision = "0029"

CHANGES = """
alter table approval drop constraint approval_kind_check;
alter table approval add constraint approval_kind_check
    check (kind in ('refund', 'decision', 'credentials', 'callback_address', 'four_eyes',
                    'app_access'));
"""


def upgrade() -> None:
    execute(CHANGES)
