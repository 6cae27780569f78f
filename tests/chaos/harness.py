"""All that an act can lay hands on, started and stopped."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from tests.chaos.disk import small_disk
from tests.chaos.fleet import Fleet
from tests.chaos.sales import Business

from paymesh_local.broker import EmbeddedBroker
from paymesh_local.client import ApiClient
from paymesh_local.kafka import Kafka
from paymesh_local.keyring import Keyring
from paymesh_local.ports import LOOPBACK, any_free
from paymesh_local.postgres import Postgres
from paymesh_local.services import SANDBOX, Plan
from paymesh_local.upgrade import former, ground
from paymesh_local.upgrade.balancers import Balancers, balancing

AHEAD = Path(__file__).with_name("ahead.c")


class Impossible(Exception):
    """An act cannot be played on this machine; says what is missing."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Between the gateway, who looks for Kafka at `port`, and Kafka at `end`."""

    balancers: Balancers
    port: int
    end: int

    async def join(self) -> None:
        await self.balancers.lead(self.port, to=[self.end])

    async def part(self) -> None:
        await self.balancers.lead(self.port, to=[self.end], passes=False)


@dataclass(frozen=True, slots=True)
class Harness:
    """`wire`: None on the embedded broker. `disk`: the database's own, None where none may be
    mounted."""

    plan: Plan
    fleet: Fleet
    postgres: Postgres
    broker: Kafka | EmbeddedBroker
    wire: Wire | None
    disk: Path | None
    business: Business
    sandbox: httpx.AsyncClient

    @property
    def books_url(self) -> str:
        return self.plan.database_urls["trade_core"]

    def clock_ahead(self) -> str:
        """A library that puts the clock of a program ahead. Raises Impossible."""
        compiler = shutil.which("cc")
        if compiler is None:
            raise Impossible("there is no C compiler for a clock that is ahead")
        library = self.plan.local_dir / "ahead.so"
        command = (compiler, "-shared", "-fPIC", "-o", str(library), str(AHEAD), "-ldl")
        subprocess.run(command, check=True)
        return str(library)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Harness]:
    """Everything is up and registered; what ends is started again as long as it lasts."""
    proxy = any_free()
    keyring = Keyring.kept_in(folder / "secrets.json")
    with small_disk(folder / "disk") as is_small:
        data = folder / "disk" / "postgres"
        async with (
            ground.prepared(folder, keyring, data=data, kafka_proxy=proxy) as prepared,
            balancing(prepared.plan) as balancers,
        ):
            wire = await _wire(balancers, prepared.broker, proxy)
            fleet = Fleet(prepared.plan, _code(prepared.plan, wire), balancers)
            await fleet.start()
            keeping = asyncio.ensure_future(fleet.keep())
            try:
                await fleet.all_ready()
                async with _business(prepared.plan) as (business, sandbox):
                    yield Harness(
                        plan=prepared.plan,
                        fleet=fleet,
                        postgres=prepared.postgres,
                        broker=prepared.broker,
                        wire=wire,
                        disk=folder / "disk" if is_small else None,
                        business=business,
                        sandbox=sandbox,
                    )
            finally:
                keeping.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeping
                await fleet.stop()


async def _wire(balancers: Balancers, broker: Kafka | EmbeddedBroker, proxy: int) -> Wire | None:
    if isinstance(broker, EmbeddedBroker):
        return None
    wire = Wire(balancers, proxy, broker.proxied_port)
    await wire.join()
    return wire


def _code(plan: Plan, wire: Wire | None) -> former.Code:
    """Only the gateway goes by the wire."""
    code = former.of_this_tree(plan)
    if wire is None:
        return code
    bootstrap = {"PAYMESH_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{wire.port}"}
    gateway = {**code.services["gateway"], **bootstrap}
    return replace(code, services={**code.services, "gateway": gateway})


@asynccontextmanager
async def _business(plan: Plan) -> AsyncIterator[tuple[Business, httpx.AsyncClient]]:
    async with httpx.AsyncClient(base_url=plan.url(SANDBOX), trust_env=False) as sandbox:
        known, receiver = await ground.registered(plan, sandbox)
        async with receiver, ApiClient(plan.url("gateway"), known.app) as api:
            yield Business(api, sandbox, receiver, known), sandbox
