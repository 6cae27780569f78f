"""The surroundings of a notifier under measurement: PostgreSQL, broker, apps and their servers."""

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
from aiohttp import web
from tests.integration.notifier.publishing import message_of, paid_order

from bench.cpu import seconds_of, spent
from chassis.producer import Message, Producer
from contracts import record_proof, sealing, topics, webhooks
from contracts.events import configuration
from contracts.identifiers import new_id
from foundation.record_proof import stamped
from paymesh_local import processes
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.kafka import Kafka
from paymesh_local.ports import any_free
from paymesh_local.postgres import Postgres
from paymesh_local.processes import Process, Program

ANSWER_S: Final = 0.005
FETCH_WAIT_MS: Final = "10"
"""The embedded broker always lets a fetch wait to its end, where Kafka answers at once."""

BODY_BYTES: Final = 700
"""About what the body of a payment's callback has."""

TELL_AGAIN_S: Final = 0.2


class Servers:
    """All apps' servers on one port, told apart by path. They answer after 5 ms; those in `hanging`
    do not answer at all, those in `failing` with 500."""

    def __init__(self) -> None:
        self.port = any_free()
        self.arrived: dict[str, float] = {}
        self.times: Counter[str] = Counter()
        self.hanging: set[str] = set()
        self.failing: set[str] = set()

    async def handle(self, request: web.Request) -> web.Response:
        await request.read()
        app_id, event_id = request.path[1:], request.headers["webhook-id"]
        if app_id in self.hanging:
            await asyncio.sleep(3600)
        if app_id in self.failing:
            return web.Response(status=500)
        await asyncio.sleep(ANSWER_S)
        self.arrived.setdefault(event_id, time.perf_counter())
        self.times[event_id] += 1
        return web.Response()

    def doubles(self, event_ids: Sequence[str]) -> int:
        """How often any of these was taken once more than was needed."""
        return sum(self.times[one] - 1 for one in event_ids if one in self.arrived)

    async def all_of(self, event_ids: Sequence[str], limit_s: float) -> int:
        """Wait for these; answers how many have not come."""
        give_up_at = time.perf_counter() + limit_s
        missing = set(event_ids)
        while missing and time.perf_counter() < give_up_at:
            missing -= self.arrived.keys()
            await asyncio.sleep(0.02)
        return len(missing)


@dataclass(slots=True)
class Harness:
    """`produced_at`: when each event was published, by its id. `outbox_url`: a database of
    trade-core's kind."""

    folder: Path
    postgres: Postgres
    broker: EmbeddedBroker | Kafka
    database_url: str
    outbox_url: str
    servers: Servers
    producer: Producer
    sealing_keys: sealing.KeyPair
    configuration_keys: sealing.KeyPair
    pids: dict[str, int]
    notifier: Process | None = None
    produced_at: dict[str, float] = field(default_factory=dict)

    async def start_notifier(self) -> None:
        environment = {
            "PAYMESH_PRIVATE_PORT": str(any_free()),
            "PAYMESH_DRAIN_S": "0",
            "PAYMESH_LOG_LEVEL": "ERROR",
            "PAYMESH_ACCEPTED_TOKENS": f"gateway:{secrets.token_urlsafe()}",
            "PAYMESH_DATABASE_URL": self.database_url,
            "PAYMESH_KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "PAYMESH_KAFKA_SECURITY": "plain",
            "PAYMESH_KAFKA_SESSION_TIMEOUT_MS": "6000",
            "PAYMESH_KAFKA_FETCH_WAIT_MS": FETCH_WAIT_MS,
            "PAYMESH_SEALING_KEY": self.sealing_keys.private_key,
            "PAYMESH_CONFIGURATION_PUBLIC_KEYS": self.configuration_keys.public_key,
            "PAYMESH_CALLBACK_ALLOW_CIDRS": "127.0.0.0/8",
            "PAYMESH_CALLBACK_PORTS": "1024-65535",
        }
        command = (sys.executable, "-m", "notifier")
        log = self.folder / "notifier.log"
        self.notifier = await processes.start(
            Program("notifier", processes.tied(command), log, environment=environment)
        )
        self.pids["notifier"] = self.notifier.pid

    async def stop_notifier(self, grace_s: float = 20) -> None:
        """With no grace it is killed."""
        if self.notifier is not None:
            await self.notifier.stop(grace_s)
            self.notifier = None

    async def restart_database(self) -> None:
        await self.postgres.stop()
        self.pids["postgresql"] = (await self.postgres.start()).pid

    async def restart_broker(self) -> None:
        """Only the real one remembers what it had."""
        await self.broker.stop()
        self.pids["broker"] = (await self.broker.start()).pid

    async def register(self, app_ids: Sequence[str]) -> None:
        """Tell the notifier of these apps; the address of each is a path of its own."""
        await self.producer.send_many([self._app(app_id) for app_id in app_ids])

    def events(self, app_ids: Sequence[str], count: int) -> list[tuple[str, Message]]:
        """Payments of these apps in turn, with their event ids."""
        return [_payment(app_ids[number % len(app_ids)]) for number in range(count)]

    async def tell(self, events: Sequence[tuple[str, Message]]) -> None:
        """As an outbox does: until Kafka has them all."""
        now = time.perf_counter()
        self.produced_at.update((event_id, now) for event_id, _ in events)
        left = [message for _, message in events]
        while left:
            taken = await self.producer.send_many(left)
            left = [message for message, is_there in zip(left, taken, strict=True) if not is_there]
            if left:
                await asyncio.sleep(TELL_AGAIN_S)

    def latencies_ms(self, event_ids: Sequence[str]) -> list[float]:
        arrived = self.servers.arrived
        return sorted(
            1000 * (arrived[one] - self.produced_at[one]) for one in event_ids if one in arrived
        )

    async def value(self, sql: str, *arguments: object) -> int:
        connection = await asyncpg.connect(self.database_url)
        try:
            value: int = await connection.fetchval(sql, *arguments, timeout=300)
        finally:
            await connection.close()
        return value

    async def stored(self, count: int) -> None:
        """Wait until the notifier has this many deliveries."""
        for _ in range(600):
            if await self.value("select count(*) from delivery") >= count:
                return
            await asyncio.sleep(0.2)

    def cpu_s(self) -> dict[str, float]:
        return seconds_of(self.pids)

    def cpu_since(self, before: dict[str, float]) -> dict[str, float]:
        return spent(before, self.cpu_s())

    def _app(self, app_id: str) -> Message:
        sealed = sealing.seal(self.sealing_keys.public_key, webhooks.new_secret(), context=app_id)
        entity = configuration.AppEntity(
            app_id=app_id,
            version=1,
            state=configuration.State.ACTIVE,
            name=app_id,
            merchant_ids=["M1"],
            notify_url=f"http://127.0.0.1:{self.servers.port}/{app_id}",
            callback_ack=configuration.CallbackAck.ANY_2XX,
            reinitiate_after_s=15,
            late_payment=configuration.LatePayment.ACCEPT,
            ip_allowlist=[],
            webhook_secrets_sealed=[sealed],
        )
        record = configuration.ConfigurationRecord(
            id=new_id("event"),
            source=configuration.SOURCE,
            type=configuration.CONFIGURATION,
            subject=app_id,
            time=datetime.now(UTC),
            data=configuration.Configuration(entity=entity),
        )
        return Message(topics.MERCHANT_CONFIG, app_id, record.to_bytes(), record.headers())


@asynccontextmanager
async def harness(*, real_kafka: bool = False) -> AsyncIterator[Harness]:
    """All of it in a temporary folder; the notifier is not started yet."""
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-", ignore_cleanup_errors=True) as name:
        folder, password = Path(name), secrets.token_urlsafe()
        os.chmod(name, 0o711)  # PostgreSQL may run as another user
        postgres = Postgres(folder / "postgres", folder / "postgres.log", password=password)
        log = folder / "broker.log"
        broker = Kafka(folder / "kafka", log) if real_kafka else EmbeddedBroker(log)
        servers, runner = Servers(), None
        try:
            pids = {"postgresql": (await postgres.start()).pid}
            pids["broker"] = (await broker.start()).pid
            database_url = await postgres.ensure_database("notifier", password)
            outbox_url = await postgres.ensure_database("bench", password)
            await processes.run(
                Program(
                    "migrations",
                    (sys.executable, "-m", "notifier.migrations"),
                    folder / "migrations.log",
                    environment={"PAYMESH_DATABASE_URL": database_url},
                )
            )
            application = web.Application()
            application.router.add_post("/{app_id}", servers.handle)
            runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", servers.port, backlog=1024).start()
            configuration_keys = record_proof.generate()
            signing = record_proof.signing_key(configuration_keys.private_key)
            stamp = stamped(signing, (topics.MERCHANT_CONFIG,))
            producer = Producer(broker.bootstrap, "bench", stamp=stamp)
            await producer.start()
            here = Harness(
                folder=folder,
                postgres=postgres,
                broker=broker,
                database_url=database_url,
                outbox_url=outbox_url,
                servers=servers,
                producer=producer,
                sealing_keys=sealing.generate(),
                configuration_keys=configuration_keys,
                pids=pids,
            )
            try:
                yield here
            finally:
                await here.stop_notifier()
                await producer.stop()
        finally:
            if runner is not None:
                await runner.cleanup()
            await broker.stop()
            await postgres.stop()


def _payment(app_id: str) -> tuple[str, Message]:
    record = paid_order(app_id)
    return record.id, message_of(record)
