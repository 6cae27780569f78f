"""Roll-ups count the attempts of callbacks when those are settled, not of others that wait yet.

What was counted of the waiting ones is taken back, found by an index that holds nothing else and is
dropped again: however many were settled, nobody waits for more than that.
"""

from importlib import import_module
from typing import Final

from alembic import op

from chassis.migrations import create_index_concurrently

revision = "0023"
down_revision = "0022"

ROLL_UPS: Final = import_module("merchant_admin.migrations.versions.0017_roll_ups")
BY_INDEX: Final = import_module("merchant_admin.migrations.versions.0021_roll_ups_by_index")

WAITING: Final = "state not in ('delivered', 'exhausted')"
INDEX: Final = "deliveries_view_waiting"

# `{changed}`: as in 0017.
CALLBACKS: Final = """
    insert into callback_hours as known
           (hour, merchant_id, app_id, delivered, exhausted, attempts)
    select date_trunc('hour', at, 'UTC'), merchant_id, app_id,
           coalesce(sum(sign) filter (where state = 'delivered'), 0),
           coalesce(sum(sign) filter (where state = 'exhausted'), 0), sum(sign * attempts)
      from ({changed}) changed
     where state in ('delivered', 'exhausted')
     group by 1, 2, 3
     order by 1, 2, 3
        on conflict (hour, merchant_id, app_id) do update
       set delivered = known.delivered + excluded.delivered,
           exhausted = known.exhausted + excluded.exhausted,
           attempts = known.attempts + excluded.attempts;
"""

# Whoever writes these writes the roll-ups with them: by the former functions before, by the new
# ones after.
STOP_WRITERS: Final = "lock table deliveries_view, order_history in share row exclusive mode"

TAKE_BACK: Final = ROLL_UPS.CALLBACKS.format(
    changed=BY_INDEX.DELIVERY_OF_ORDER.format(
        sign=-1,
        deliveries=f"(select * from deliveries_view where {WAITING})",  # noqa: S608
    )
)


def upgrade() -> None:
    create_index_concurrently(INDEX, f"on deliveries_view (callback_id) where {WAITING}")
    # All that follows is one transaction, with the note that it was done: `op.execute` begins one.
    op.execute(STOP_WRITERS)
    for name, changed in _changes().items():
        op.execute(
            BY_INDEX.FUNCTION.format(name=name, statements=CALLBACKS.format(changed=changed))
        )
    op.execute(TAKE_BACK)
    op.execute(f"drop index {INDEX}")


def _changes() -> dict[str, str]:
    def deliveries(rows: str, sign: int) -> str:
        changed: str = BY_INDEX.DELIVERY_OF_ORDER.format(sign=sign, deliveries=rows)
        return changed

    return {
        "roll_up_new_deliveries": deliveries("now_rows", 1),
        "roll_up_changed_deliveries": (
            f"{deliveries('was_rows', -1)} union all {deliveries('now_rows', 1)}"
        ),
        "roll_up_known_deliveries": BY_INDEX.EVENT_OF_DELIVERY,
    }
