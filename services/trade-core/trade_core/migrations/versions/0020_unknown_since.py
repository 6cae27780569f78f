"""Since when nobody can say what a channel did, to be found without reading what is known."""

from chassis.migrations import create_index_concurrently, execute

revision = "0020"
down_revision = "0019"

# `payments.state` stands in no index: that would make each change of a payment write all of them.
DUE_WORK = """
alter table due_work add column if not exists unknown_since timestamptz;
update due_work d set unknown_since = p.initiated_at
from payments p where p.payment_no = d.subject and p.state = 'unknown';
comment on column due_work.unknown_since is
    'When a payment whose state is unknown was initiated; null for all else.';
"""


def upgrade() -> None:
    execute(DUE_WORK)
    create_index_concurrently(
        "due_work_unknown", "on due_work (unknown_since) where unknown_since is not null"
    )
    for table in ("refunds", "splits"):
        create_index_concurrently(
            f"{table}_unknown",
            f"on {table} (created_at)"
            " where state = 'processing' and heard is distinct from 'under way'",
        )
