"""Dead letters outlive their topics: where offsets begin anew, none takes another's place."""

from chassis.consumer import DEAD_BY_VALUE
from chassis.migrations import execute

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    execute(DEAD_BY_VALUE)
