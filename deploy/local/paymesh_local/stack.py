"""The processes of one stack: what `make run` starts, keeps alive and stops."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from paymesh_local import private_file, processes
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.failure import CannotRun
from paymesh_local.keeper import Keeper
from paymesh_local.keyring import Keyring
from paymesh_local.options import Options
from paymesh_local.ports import Ports
from paymesh_local.postgres import Postgres
from paymesh_local.processes import Process
from paymesh_local.services import DATABASES, SANDBOX, SERVICES, Plan, Service
from paymesh_local.terminal import Terminal

READY_LIMIT_S: Final = 120.0
"""Nobody waits for it in vain: who has ended before is noticed at once."""
READY_POLL_S: Final = 0.1

DATABASE: Final = "postgres"
BROKER: Final = "broker"
FRONT: Final = tuple(service.name for service in SERVICES if service.front)
BACK: Final = tuple(service.name for service in SERVICES if not service.front)

STOP_ORDER: Final = ((FRONT, 3.0), (BACK, 3.0), ((SANDBOX, BROKER), 1.0), ((DATABASE,), 3.0))
"""Who is called from outside goes first, the database last; each with its grace in seconds."""

OWNERS: Final = "owners.json"
"""By database the URL of the role that owns it, where that is not the service's: for commands."""


class Stack:
    """`start` it, `keep` it, `stop` it; `stop` also after a start that failed.

    The options' folder must be held.
    """

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        self._changed: Callable[[], None] = lambda: None
        self._ports = Ports.of_base(options.port_base)
        self._keyring = Keyring.kept_in(options.local_dir / "secrets.json")
        self._logs = options.local_dir / "logs"
        self._last_pids: dict[str, int] = {}
        self._broker = EmbeddedBroker(self._logs / "broker.log")
        self._postgres = Postgres(
            options.local_dir / "postgres",
            self._logs / "postgres.log",
            password=self._keyring.database_passwords[DATABASE],
        )
        self._owner_urls: dict[str, str] = {}
        self._keepers: dict[str, Keeper] = {}
        self._http = httpx.AsyncClient(trust_env=False, timeout=2)
        self._is_up = False

    @property
    def plan(self) -> Plan:
        """What the programs are told now; the broker's address changes when it is started again."""
        passwords = self._keyring.database_passwords
        given = self._options.kafka_bootstrap
        return Plan(
            ports=self._ports,
            keyring=self._keyring,
            database_urls={
                name: self._postgres.url(name, role=name, password=passwords[name])
                for name in DATABASES
            },
            owner_urls=self._owner_urls,
            kafka_bootstrap=given or self._broker.bootstrap,
            broker_is_embedded=given is None,
            local_dir=self._options.local_dir,
            tracing=self._options.tracing,
            people=self._options.people,
        )

    @property
    def pids(self) -> dict[str, int]:
        """Of the services and the sandbox; of one that is just started again, the former one."""
        names = (*(service.name for service in SERVICES), SANDBOX)
        running = {name: self._keepers[name].process for name in names if name in self._keepers}
        self._last_pids |= {
            name: process.pid for name, process in running.items() if process is not None
        }
        return dict(self._last_pids)

    async def start(self) -> None:
        """Start everything, side by side where possible; returns when every service is ready.

        Raises:
            CannotRun: a port is taken, or a program does not come up.
        """
        await self._ports.until_free(lambda words: self._terminal.event("ports 端口", words))
        has_history = self._postgres.has_data
        try:
            async with asyncio.TaskGroup() as group:
                broker = group.create_task(self._start_broker())
                database = group.create_task(self._start_database())
                group.create_task(self._start_sandbox())
                for service in SERVICES:
                    group.create_task(self._start_service(service, broker, database))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        self._is_up = True
        if has_history and self.plan.broker_is_embedded:
            await self._republish()

    async def keep(self, changed: Callable[[], None]) -> None:
        """Start again whatever ends, and call `changed` then; returns only by cancellation."""
        self._changed = changed
        async with asyncio.TaskGroup() as group:
            for keeper in self._keepers.values():
                group.create_task(keeper.keep())

    async def stop(self) -> None:
        """Stop what runs, in order; `keep` must have ended."""
        for names, grace_s in STOP_ORDER:
            keepers = [self._keepers[name] for name in names if name in self._keepers]
            await asyncio.gather(*(keeper.stop(grace_s) for keeper in keepers))
        await self._http.aclose()

    async def _start_database(self) -> None:
        with self._terminal.step("PostgreSQL 数据库") as detail:
            await self._keeper(DATABASE, self._postgres.start, _serves_at_once).start()
            for name in DATABASES:
                password = self._keyring.database_passwords[name]
                await self._postgres.ensure_database(name, password)
            for service in SERVICES:
                if service.database and service.owner:
                    self._owner_urls[service.database] = await self._postgres.ensure_owner(
                        service.database, service.owner, secrets.token_urlsafe(24)
                    )
            owners = self._options.local_dir / OWNERS
            private_file.write(owners, json.dumps(self._owner_urls))
            detail(", ".join(DATABASES))

    async def _start_broker(self) -> None:
        if self._options.kafka_bootstrap is not None:
            return
        with self._terminal.step("broker 消息总线") as detail:
            await self._keeper(BROKER, self._broker.start, self._move_to_new_broker).start()
            detail(f"embedded, {self._broker.bootstrap}")

    async def _start_sandbox(self) -> None:
        with self._terminal.step("sandbox 沙箱") as detail:
            url = self.plan.url(SANDBOX)
            keeper = self._keeper(
                SANDBOX,
                lambda: processes.start(self.plan.sandbox()),
                lambda process: self._answers(process, f"{url}/_control/credentials"),
            )
            await self._ready_in_time(keeper)
            detail(f"{url}  (支付宝, 微信支付, 易生支付, 银联支付, Stripe)")

    async def _start_service(
        self, service: Service, broker: asyncio.Task[None], database: asyncio.Task[None]
    ) -> None:
        if service.database:
            await database
            with self._terminal.step("migrations 迁移") as detail:
                await processes.run(self.plan.migrations(service))
                detail(service.database)
        await broker
        with self._terminal.step(f"{service.name} {service.chinese}") as detail:
            private_url = self.plan.private_url(service.name)
            keeper = self._keeper(
                service.name,
                lambda: processes.start(self.plan.service(service)),
                lambda process: self._answers(process, f"{private_url}/health/ready"),
            )
            await self._ready_in_time(keeper)
            detail(self.plan.url(service.name) if service.front else private_url)

    def _keeper(
        self,
        name: str,
        start: Callable[[], Awaitable[Process]],
        ready: Callable[[Process], Awaitable[None]],
    ) -> Keeper:
        keeper = Keeper(
            name,
            start=start,
            ready=ready,
            changed=lambda: self._changed(),
            terminal=self._terminal,
        )
        self._keepers[name] = keeper
        return keeper

    async def _ready_in_time(self, keeper: Keeper) -> None:
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                await keeper.start()
        except TimeoutError:
            reason = f"{keeper.name} is not ready after {READY_LIMIT_S:.0f} s"
            log = self._logs / f"{keeper.name}.log"
            raise CannotRun(reason, processes.tail(log)) from None

    async def _answers(self, process: Process, url: str) -> None:
        """Return when `url` answers 200."""
        while process.returncode is None:
            try:
                if (await self._http.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(READY_POLL_S)
        program = process.program
        how = processes.ended(process.returncode)
        raise CannotRun(f"{program.name} {how}", processes.tail(program.log))

    async def _move_to_new_broker(self, _: Process) -> None:
        """A new broker has another address and remembers nothing: tell everybody, and again."""
        if not self._is_up:
            return
        services = [self._keepers[service.name] for service in SERVICES]
        await asyncio.gather(*(keeper.restart(grace_s=3) for keeper in services))
        await self._republish()

    async def _republish(self) -> None:
        with self._terminal.step("republish 重发事件") as detail:
            await processes.run(self.plan.republish())
            detail("the last hour, for a broker that starts empty")


async def _serves_at_once(_: Process) -> None:
    """PostgreSQL's start waits by itself."""


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one to tell: what stopped the first of them stopped the others, too."""
    found = failures.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
