"""What is asked for again while a lease on it runs is remembered until the lease ends."""

from chassis.migrations import execute

revision = "0008"
down_revision = "0007"

CHANGES = """
alter table due
    add column again text check (again in ('always', 'unless_delivered')),
    add check (again is null or lease_until is not null);
"""


def upgrade() -> None:
    execute(CHANGES)
