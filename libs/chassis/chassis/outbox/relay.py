"""From the outbox to Kafka: each shard has one owner, each key keeps its order."""

import asyncio
import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import structlog
from prometheus_client import Counter, Gauge

from chassis.background import Pulse, pause
from chassis.database import UNREACHABLE, Connection, Database, Tx
from chassis.metrics import remembered
from chassis.outbox.days import day_of
from chassis.outbox.shards import OWNED, Shards
from chassis.producer import Message, NotPublished, Producer

log = structlog.get_logger()

OLDEST_S = Gauge(
    "paymesh_outbox_pending_oldest_seconds", "Age of the oldest event not yet in Kafka"
)
PUBLISHED = Counter("paymesh_outbox_published", "Events that Kafka confirmed", ["topic"])
_published_at = remembered(PUBLISHED)
DEAD = Counter("paymesh_outbox_dead", "Events that can never be published", ["topic"])

NEIGHBOURS_EVERY_S = 1.0
REST_S = 0.02  # After a round that was not full, so that a burst of commits shares the next.
FALLBACK_S = 2.0  # For what nobody announced: a replica that died behind its commit, a command.
ANNOUNCED = "outbox"  # To the other replicas, who own some of the shards.
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 1.0  # After a round in which nothing was published.
HOLD_FIRST_S = 0.05  # For a key after its failure; doubled by each.
MAX_HELD_KEYS = 1_000  # More than this is the broker's trouble, not the keys'.
MAX_TRIES = 10


class Relay:
    """Publishes what is pending. Every replica runs one and owns its share of the shards; each
    shard has one owner at a time.

    The owner holds the shard's advisory lock on a connection of its own and does all its reading
    on that same connection: a relay that lost its locks cannot read either. Events arrive at
    least once, per key in the order of their ids (after a failure, once more in that order).
    `rest_s`: how long it rests after a round that was not full; longer, where nobody waits for the
    events, makes rounds fewer and larger. `fallback_s`: how long it waits for a wake-up.
    `oldest_s` and `dead`: how long the oldest event waits, and how many can never be published, of
    all replicas together, as they were a second ago. One that is published again waits since then.
    """

    def __init__(
        self,
        db: Database,
        producer: Producer,
        *,
        batch: int = 500,
        hold_max_s: float = 10.0,
        rest_s: float = REST_S,
        fallback_s: float = FALLBACK_S,
    ) -> None:
        self.pulse = Pulse()
        self.oldest_s = 0.0
        self.dead = 0
        self._db = db
        self._producer = producer
        self._batch = batch
        self._rest_s = rest_s
        self._fallback_s = fallback_s
        self._awake = asyncio.Event()
        self._is_news = False  # Something was committed here since it was announced.
        self._held = _HeldKeys(hold_max_s)

    def wake(self) -> None:
        """Tell the relays of all replicas that something was committed."""
        self._is_news = True
        self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`. Outlives restarts of the broker."""
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._awake.set())
        try:
            await self._serve_connected(stop)
        finally:
            stopping.cancel()

    async def _serve_connected(self, stop: asyncio.Event) -> None:
        connection = await self._db.dedicated("outbox")
        try:
            await self._serve(connection, stop)
        finally:
            OWNED.set(0)
            await _close(connection)

    async def _serve(self, connection: Connection, stop: asyncio.Event) -> None:
        await connection.execute(_SESSION)
        shards = Shards(connection)
        await shards.begin()
        await connection.add_listener(ANNOUNCED, self._wake)
        backoff_s, neighbours_at = BACKOFF_FIRST_S, 0.0
        while not stop.is_set():
            self.pulse.beat()
            self._awake.clear()
            if _loop_time() >= neighbours_at:
                await self._find_neighbours(connection, shards)
                neighbours_at = _loop_time() + NEIGHBOURS_EVERY_S
            await self._announce(connection, shards)
            found, is_down = await self._round(connection, shards.owned)
            if is_down:
                await pause(stop, backoff_s)
                backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)
                continue
            if found < self._batch:
                await asyncio.sleep(self._rest_s)
                await _until(self._awake, min(self._fallback_s, self._held.soonest_s()))
            backoff_s = BACKOFF_FIRST_S

    def _wake(self, connection: Tx, pid: int, *_: object) -> None:
        """A NOTIFY comes back to whoever sent it."""
        if pid != connection.get_server_pid():
            self._awake.set()

    async def _announce(self, connection: Connection, shards: Shards) -> None:
        """Outside of any transaction: a NOTIFY in one is a lock that all commits wait for."""
        is_news, self._is_news = self._is_news, False
        if is_news and not shards.has_all:
            await connection.execute(_ANNOUNCE, ANNOUNCED)

    async def _find_neighbours(self, connection: Connection, shards: Shards) -> None:
        await shards.settle()
        (waiting,) = await connection.fetch(_WAITING)
        self.oldest_s, self.dead = waiting["oldest_s"], waiting["dead"]
        OLDEST_S.set(self.oldest_s)

    async def _round(self, connection: Connection, shards: Sequence[int]) -> tuple[int, bool]:
        """Publish one batch: how many events were found, and whether the broker seems down."""
        if not shards:
            return 0, False
        ids = await connection.fetchval(_PENDING, shards, self._batch)
        rows = await self._events(connection, ids or [])
        if not rows:
            return 0, False
        results = await self._producer.attempt([_message(row) for row in rows])
        done, dead = self._judge(rows, results)
        if done:
            await connection.execute(_FORGET, done)
        for event in dead:
            await connection.execute(_BURY, event.id, event.error)
        return len(rows), all(failure and not failure.unpublishable for failure in results)

    async def _events(self, connection: Connection, ids: Sequence[int]) -> list[asyncpg.Record]:
        """In their order, but for those of held keys; day by day, which is one as a rule."""
        rows: list[asyncpg.Record] = []
        held = self._held.waiting()
        for day in dict.fromkeys(map(day_of, ids)):
            rows += await connection.fetch(_EVENTS.format(day=day), ids, held)
        return rows

    def _judge(
        self, rows: Sequence[asyncpg.Record], results: Sequence[NotPublished | None]
    ) -> "tuple[list[int], list[_Dead]]":
        """Which events are finished.

        Those behind a failed one of their key stay pending, even where Kafka took them: published
        again behind it, their order is right at last.
        """
        done: list[int] = []
        dead: list[_Dead] = []
        stopped: set[str] = set()
        failed: list[str] = []
        for row, failure in zip(rows, results, strict=True):
            key = row["key"]
            if key in stopped:
                continue
            if failure is None:
                self._held.release(key)
                _published_at(row["topic"]).inc()
                done.append(row["id"])
                continue
            stopped.add(key)
            tries = self._held.hold(key)
            failed.append(str(failure))
            if failure.unpublishable and tries >= MAX_TRIES:
                self._held.release(key)
                DEAD.labels(row["topic"]).inc()
                dead.append(_Dead(row["id"], str(failure)))
        if failed:
            log.warning("outbox.not_published", keys=len(failed), reason=failed[0])
        return done, dead


@dataclass(frozen=True, slots=True)
class _Dead:
    id: int
    error: str


class _HeldKeys:
    """Keys whose first pending event failed: left out for a while, longer after each failure."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._tries: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def hold(self, key: str) -> int:
        """Hold the key back; answers how often it has failed."""
        if len(self._until) >= MAX_HELD_KEYS:
            self._until.clear()
            self._tries.clear()
        tries = self._tries.get(key, 0) + 1
        self._tries[key] = tries
        self._until[key] = _loop_time() + min(HOLD_FIRST_S * 2**tries, self._longest_s)
        return tries

    def release(self, key: str) -> None:
        self._tries.pop(key, None)
        self._until.pop(key, None)

    def soonest_s(self) -> float:
        """Until one of them is to be tried again."""
        return max(0.0, min(self._until.values(), default=math.inf) - _loop_time())

    def waiting(self) -> list[str]:
        """The keys whose time has not come yet."""
        now = _loop_time()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return list(self._until)


def _message(row: asyncpg.Record) -> Message:
    headers = {
        "ce_id": row["event_id"],
        "ce_type": row["type"],
        "content-type": "application/cloudevents+json",
    }
    return Message(row["topic"], row["key"], row["payload"], headers)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=2)
    except (asyncpg.PostgresError, *UNREACHABLE):
        connection.terminate()


# Nobody waits until it is on the disk that an event is no longer pending: where the server falls
# before, the event is published again, as where the relay does.
_SESSION = "set synchronous_commit = off; set plan_cache_mode = force_generic_plan"

_PENDING = """
select array_agg(id) from (
    select id from event_pending where shard = any ($1::smallint[]) order by id limit $2) waiting
"""

# Planned once for a day, and for the table of that day alone.
_EVENTS = """
select id, event_id, topic, key, type, payload
from event_log
where id = any ($1::bigint[]) and {day} and key <> all ($2::text[])
order by id
"""

_FORGET = "delete from event_pending where id = any ($1::bigint[])"

_BURY = """
with buried as (delete from event_pending where id = $1)
insert into event_dead (id, error) values ($1, $2) on conflict do nothing
"""

_WAITING = """
select coalesce((select extract(epoch from clock_timestamp() - since)::float8
                 from event_pending order by id limit 1), 0) as oldest_s,
       (select count(*) from event_dead) as dead
"""

_ANNOUNCE = "select pg_notify($1, '')"
