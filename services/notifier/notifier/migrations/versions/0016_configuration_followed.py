"""Which configuration of each app was followed is kept, so that a start is not taken for a change.
When the tries of a delivery ended is not written twice: its last attempt says so."""

from chassis.migrations import execute

revision = "0016"
down_revision = "0015"

CHANGES = """
create table followed (
    app_id  text primary key,
    version bigint not null  -- the newest of the app's that its endpoints were looked at for
);
alter table exhausted
    alter column exhausted_at drop not null,
    alter column exhausted_at drop default;
"""


def upgrade() -> None:
    execute(CHANGES)
