"""${message}

Revision ID: ${up_revision}
"""

# Locks are given up after 5 s (chassis.migrations): add columns as nullable or with a constant
# default, make indexes concurrently in a revision of their own, move rows in batches.

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "..."}
