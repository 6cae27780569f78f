"""${message}

Expand first, contract in a later release: replicas of the version before run beside this one.
Nothing that holds a lock for long: indexes on large tables are built concurrently.
"""

from chassis.migrations import execute

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

SCHEMA = """
"""


def upgrade() -> None:
    execute(SCHEMA)
