"""The last release is started, sells, and is replaced by this tree service by service.

The former code runs on the new schema meanwhile: migrations only expand. Its own environment, its
own .venv; database, broker and third parties are shared. `--per-s 10`, `--keep FOLDER`.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx

from paymesh_local import kafka, processes, release
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient
from paymesh_local.failure import CannotRun
from paymesh_local.kafka import Kafka
from paymesh_local.keyring import Keyring
from paymesh_local.paths import REPOSITORY
from paymesh_local.ports import Ports, free_base
from paymesh_local.postgres import Postgres
from paymesh_local.registration import Registrar, Registration, known_to_gateway
from paymesh_local.services import DATABASES, SANDBOX, SERVICES, Plan
from paymesh_local.upgrade import former
from paymesh_local.upgrade.business import Business, Verdict
from paymesh_local.upgrade.former import Code
from paymesh_local.upgrade.replicas import Replicas

ORDER: Final = ("trade-core", "notifier", "merchant-admin", "gateway", "cashier")
"""Those that are called before those that call them; docs/operations/upgrades.md says why."""

BEFORE_S, BETWEEN_S, AFTER_S = 5.0, 3.0, 5.0
HEALTHY_SHARE: Final = 0.99


async def main() -> int:
    options = argparse.ArgumentParser(prog="make upgrade-test")
    options.add_argument("--per-s", type=float, default=10.0)
    options.add_argument("--releases", type=Path, default=REPOSITORY / ".local" / "releases")
    given = options.parse_args()
    last = release.last()
    _say(f"release {last.version} ({last.commit[:12]}) → this tree ({last.next})")
    given.releases.mkdir(parents=True, exist_ok=True)
    tree = await asyncio.to_thread(former.checked_out, last, given.releases.resolve())
    with tempfile.TemporaryDirectory(prefix="paymesh-upgrade-") as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o711)  # PostgreSQL may run as another user
        secrets = await asyncio.to_thread(former.make_secrets, tree, folder)
        async with _ground(folder, Keyring.kept_in(secrets)) as plan:
            before = await asyncio.to_thread(former.told_by, tree, plan)
            verdict = await _upgrade(plan, before, per_s=given.per_s)
    return _report(verdict)


@asynccontextmanager
async def _ground(folder: Path, keyring: Keyring) -> AsyncIterator[Plan]:
    """Database, broker and third parties, and where everything is."""
    logs = folder / "logs"
    logs.mkdir()
    passwords = keyring.database_passwords
    postgres = Postgres(folder / "postgres", logs / "postgres.log", password=passwords["postgres"])
    is_embedded = kafka.missing() is not None
    broker = EmbeddedBroker(logs / "broker.log") if is_embedded else Kafka(
        folder / "kafka", logs / "kafka.log"
    )  # fmt: skip
    if is_embedded:
        _say("no Java: on the embedded broker, where replicas of a group wait for each other")
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
        yield plan
    finally:
        await sandbox.stop(2)
        await broker.stop()
        await postgres.stop()


async def _upgrade(plan: Plan, before: Code, *, per_s: float) -> Verdict:
    replicas = Replicas(plan)
    await replicas.open()
    services = {service.name: service for service in SERVICES}
    after = Code(
        Path(sys.executable),
        {each.name: plan.environment(each) for each in SERVICES},
        {each.name: plan.migrations(each).environment for each in SERVICES if each.database},
    )
    try:
        await replicas.migrate(before)
        await asyncio.gather(*(replicas.roll(services[name], before) for name in ORDER))
        _say("the release runs")
        async with _selling(plan) as (business, stop):
            selling = asyncio.ensure_future(business.run(stop, per_s))
            await asyncio.sleep(BEFORE_S)
            await replicas.migrate(after)
            _say("the schema is new, the code is not")
            await asyncio.sleep(BETWEEN_S)
            for name in ORDER:
                await replicas.roll(services[name], after)
                _say(f"{name} is new")
                await asyncio.sleep(BETWEEN_S)
            await asyncio.sleep(AFTER_S)
            stop.set()
            await selling
            return await business.judge()
    finally:
        await replicas.stop()


@asynccontextmanager
async def _selling(plan: Plan) -> AsyncIterator[tuple[Business, asyncio.Event]]:
    async with httpx.AsyncClient(base_url=plan.url(SANDBOX), trust_env=False) as sandbox:
        known, receiver = await _registered(plan, sandbox)
        async with receiver, ApiClient(plan.url("gateway"), known.app) as api:
            yield Business(api, sandbox, receiver, known), asyncio.Event()


async def _registered(
    plan: Plan, sandbox: httpx.AsyncClient
) -> tuple[Registration, CallbackReceiver]:
    credentials = (await sandbox.get("/_control/credentials")).json()
    async with Registrar(plan.url("merchant-admin"), plan.keyring.admin_password) as registrar:
        known = await registrar.register()
        for channel in ("wechat", "alipay"):
            known = await registrar.tell_account(known, channel, credentials[channel])
        url = CallbackReceiver.url_of(plan.ports.demo_app)
        known = await registrar.tell_address(known, url)
    await known_to_gateway(plan.url("gateway"), known)
    return known, CallbackReceiver(known.app.webhook_secret, port=plan.ports.demo_app)


def _report(verdict: Verdict) -> int:
    asked, created = verdict.statuses.total(), verdict.statuses[201]
    for words in verdict.problems[:20]:
        print(f"  ✗ {words}")
    print(f"  {asked} orders: {dict(verdict.statuses)}; {verdict.paid} paid")
    print(f"  lost or doubled: {len(verdict.problems)}; created: {created / max(asked, 1):.1%}")
    return 1 if verdict.problems or created < HEALTHY_SHARE * asked else 0


def _say(words: str) -> None:
    print(f"  · {words}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except CannotRun as error:
        sys.exit(str(error))
