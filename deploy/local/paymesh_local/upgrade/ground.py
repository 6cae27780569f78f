"""What services stand on, for those who run several of each: database, broker, third parties."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from paymesh_local import kafka, processes
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.kafka import Kafka
from paymesh_local.keyring import Keyring
from paymesh_local.ports import Ports, free_base
from paymesh_local.postgres import Postgres
from paymesh_local.registration import Registrar, Registration, known_to_gateway
from paymesh_local.services import DATABASES, SERVICES, Plan
from paymesh_local.upgrade.business import CHANNELS


@dataclass(frozen=True, slots=True)
class Ground:
    """`plan`: where everything is; the servers for those who want to stop and start them."""

    plan: Plan
    postgres: Postgres
    broker: Kafka | EmbeddedBroker


@asynccontextmanager
async def prepared(
    folder: Path, keyring: Keyring, *, data: Path | None = None, kafka_proxy: int | None = None
) -> AsyncIterator[Ground]:
    """Started, with empty databases and no service yet. `data`: where the database writes;
    `kafka_proxy`: see `Kafka`."""
    logs = folder / "logs"
    logs.mkdir()
    passwords = keyring.database_passwords
    postgres = Postgres(
        data or folder / "postgres", logs / "postgres.log", password=passwords["postgres"]
    )
    is_embedded = kafka.missing() is not None
    broker = EmbeddedBroker(logs / "broker.log") if is_embedded else Kafka(
        folder / "kafka", logs / "kafka.log", proxy=kafka_proxy
    )  # fmt: skip
    await asyncio.gather(postgres.start(), broker.start())
    owners = {}
    for database in DATABASES:
        await postgres.ensure_database(database, passwords[database])
    for each in SERVICES:
        if each.database and each.owner:
            owners[each.database] = await postgres.ensure_owner(
                each.database, each.owner, passwords["postgres"]
            )
    plan = Plan(
        ports=Ports.of_base(free_base()),
        keyring=keyring,
        database_urls={n: postgres.url(n, role=n, password=passwords[n]) for n in DATABASES},
        owner_urls=owners,
        kafka_bootstrap=broker.bootstrap,
        broker_is_embedded=is_embedded,
        local_dir=folder,
    )
    sandbox = await processes.start(plan.sandbox())
    try:
        yield Ground(plan, postgres, broker)
    finally:
        await sandbox.stop(2)
        await broker.stop()
        await postgres.stop()


async def registered(
    plan: Plan, sandbox: httpx.AsyncClient
) -> tuple[Registration, CallbackReceiver]:
    """A merchant with two accounts and its app, heard by the gateway; and the app's callbacks."""
    credentials = (await sandbox.get("/_control/credentials")).json()
    async with Registrar(plan.url("merchant-admin"), plan.keyring.admin_password) as registrar:
        known = await registrar.register()
        for channel in CHANNELS:
            known = await registrar.tell_account(known, channel, credentials[channel])
        url = CallbackReceiver.url_of(plan.ports.demo_app)
        known = await registrar.tell_address(known, url)
    await known_to_gateway(plan.url("gateway"), known)
    return known, CallbackReceiver(known.app.webhook_secret, port=plan.ports.demo_app)
