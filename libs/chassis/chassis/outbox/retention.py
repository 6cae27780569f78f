"""How long events of a small log are kept: the oldest go, step by step, but for those still on
their way. A log that grows is kept by the day: `days`."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from chassis.background import Pulse, pause
from chassis.database import Database

log = structlog.get_logger()

EVERY_S: Final = 3600.0
STEP: Final = 1_000
"""Events in one transaction: it locks nobody out for longer than some milliseconds."""

REST_S: Final = 0.05  # Between two steps, so that others are served first.


class Retention:
    """Forgets what is older than `keep`, at the start and every hour. Every replica may run one."""

    def __init__(self, db: Database, keep: timedelta) -> None:
        self.pulse = Pulse()
        self._db = db
        self._keep = keep

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`, with twice `EVERY_S` to stall."""
        while not stop.is_set():
            self.pulse.beat()
            await forget(self._db, datetime.now(UTC) - self._keep, stop)
            await pause(stop, EVERY_S)


async def forget(
    db: Database, before: datetime, stop: asyncio.Event | None = None, *, step: int = STEP
) -> int:
    """Delete the events created before; answers how many.

    Goes along the primary key from its beginning to the first step with a younger event. What is
    pending or dead stays.
    """
    position: int = 0
    count: int = 0
    while True:
        async with db.connection() as connection:
            (row,) = await connection.fetch(_STEP, position, before, step)
        count += row["gone"]
        if row["old"] < step:
            break
        position = row["last"]
        if await pause(stop or asyncio.Event(), REST_S):
            break
    if count:
        log.info("outbox.forgotten", events=count, before=before.isoformat())
    return count


_STEP = """
with step as (
    select id, created_at from event_log where id > $1 order by id limit $3
), gone as (
    delete from event_log l
    using step s
    where l.id = s.id and s.created_at < $2
      and not exists (select from event_pending p where p.id = l.id)
      and not exists (select from event_dead d where d.id = l.id)
    returning 1
)
select max(id) as last, count(*) filter (where created_at < $2) as old,
    (select count(*) from gone) as gone
from step
"""
