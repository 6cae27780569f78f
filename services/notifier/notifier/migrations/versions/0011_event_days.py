"""The event log by the day, so that what is old is dropped whole and not deleted row by row."""

from chassis.migrations import execute, execute_apart
from chassis.outbox import BOUND, DIVISION

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    execute_apart(BOUND)
    execute(DIVISION)
