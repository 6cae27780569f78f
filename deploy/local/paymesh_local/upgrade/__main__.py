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

from paymesh_local import kafka, release
from paymesh_local.client import ApiClient
from paymesh_local.failure import CannotRun
from paymesh_local.keyring import Keyring
from paymesh_local.paths import REPOSITORY
from paymesh_local.services import SANDBOX, SERVICES, Plan
from paymesh_local.upgrade import former, ground
from paymesh_local.upgrade.balancers import Balancers, balancing
from paymesh_local.upgrade.business import Business, Report
from paymesh_local.upgrade.former import Code
from paymesh_local.upgrade.replicas import Replicas

ORDER: Final = ("notifier", "trade-core", "gateway", "merchant-admin", "cashier")
"""Those that are called before those that call them; docs/operations/upgrades.md says why."""

BEFORE_S, BETWEEN_S, AFTER_S = 5.0, 3.0, 5.0
HEALTHY_RATIO: Final = 0.99


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
        if kafka.missing() is not None:
            _say("no Java: on the embedded broker, where replicas of a group wait for each other")
        async with ground.prepared(folder, Keyring.kept_in(secrets)) as prepared:
            plan = prepared.plan
            before = await asyncio.to_thread(former.sent_by, tree, plan)
            report = await _upgrade(plan, before, per_s=given.per_s)
    return _report(report)


async def _upgrade(plan: Plan, before: Code, *, per_s: float) -> Report:
    async with balancing(plan) as balancers:
        return await _upgrade_behind(balancers, plan, before, per_s=per_s)


async def _upgrade_behind(
    balancers: Balancers, plan: Plan, before: Code, *, per_s: float
) -> Report:
    replicas = Replicas(plan, balancers)
    services = {service.name: service for service in SERVICES}
    after = former.of_this_tree(plan)
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
        known, receiver = await ground.registered(plan, sandbox)
        async with receiver, ApiClient(plan.url("gateway"), known.app) as api:
            yield Business(api, sandbox, receiver, known), asyncio.Event()


def _report(report: Report) -> int:
    asked, created = report.statuses.total(), report.statuses[201]
    for words in report.problems[:20]:
        print(f"  ✗ {words}")
    print(f"  {asked} orders: {dict(report.statuses)}; {report.paid} paid")
    print(f"  lost or doubled: {len(report.problems)}; created: {created / max(asked, 1):.1%}")
    return 1 if report.problems or created < HEALTHY_RATIO * asked else 0


def _say(words: str) -> None:
    print(f"  · {words}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except CannotRun as error:
        sys.exit(str(error))
