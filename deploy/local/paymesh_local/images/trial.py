"""Each image is tried: without settings it says what it lacks; all five together take money."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import httpx

from paymesh_local import processes
from paymesh_local.client import ApiClient
from paymesh_local.failure import CannotRun
from paymesh_local.images.container import STATE, Container
from paymesh_local.keyring import Keyring
from paymesh_local.processes import Process, Program
from paymesh_local.services import SANDBOX, SERVICES, Plan, Service
from paymesh_local.terminal import Terminal
from paymesh_local.upgrade import ground
from paymesh_local.upgrade.replicas import GRACE_S, until_ready
from paymesh_local.walkthrough import Walkthrough

REFUSAL: Final = "The settings are not usable:"
END_LIMIT_S: Final = 120.0
FIRST_OF_PEOPLE: Final = 1000
"""Users below this number are the system's."""

Containers = Mapping[str, Container]
"""By the name of the service."""


async def without_settings(containers: Containers, folder: Path, terminal: Terminal) -> None:
    """Raises CannotRun: one goes on, or does not say what it lacks, or would run as root."""
    for name, container in containers.items():
        user = container.image.user.partition(":")[0]
        if not user.isdecimal() or int(user) < FIRST_OF_PEOPLE:
            raise CannotRun(f"The image of {name} runs as {user or 'root'}")
        with terminal.step(f"{name} without settings") as say:
            log = folder / f"{name}-without-settings.log"
            say(await _refusal(container.program(name, log, {})))


async def with_a_stack(containers: Containers, folder: Path, terminal: Terminal) -> None:
    """All five on a database, a broker and the sandbox: migrated, ready, and a payment is shown.

    Raises:
        CannotRun: something of that is not so.
    """
    keyring = Keyring.kept_in(folder / "secrets.json")
    async with ground.prepared(folder, keyring) as prepared:
        plan = prepared.plan
        for service in SERVICES:
            if service.database:
                with terminal.step(f"{service.name} migrations"):
                    await processes.run(_migrations(plan, service, containers[service.name]))
        async with AsyncExitStack() as running:
            started = []
            for service in SERVICES:
                process = await processes.start(_serving(plan, service, containers[service.name]))
                running.push_async_callback(process.stop, GRACE_S)
                started.append(process)
            for service, process in zip(SERVICES, started, strict=True):
                with terminal.step(f"{service.name} is ready"):
                    await until_ready(process, plan.private_url(service.name))
            await _show_payment(plan, terminal)
            terminal.say()
            with terminal.step("all end at SIGTERM"):
                await _end(started)


async def _refusal(program: Program) -> str:
    process = await processes.start(program)
    try:
        code = await asyncio.wait_for(process.wait(), END_LIMIT_S)
    except TimeoutError:
        await process.stop(1)
        raise CannotRun(f"{program.name} goes on without settings") from None
    output = await asyncio.to_thread(program.log.read_text)
    first, *missing = output.splitlines() or [""]
    if code != 1 or first != REFUSAL or not all(each.startswith("PAYMESH_") for each in missing):
        raise CannotRun(f"{program.name} {processes.ended(code)}", processes.tail(program.log))
    return f"ends with 1, names {len(missing)} that it lacks"


def _migrations(plan: Plan, service: Service, container: Container) -> Program:
    planned = plan.migrations(service)
    module = f"{service.package}.migrations"
    return container.program(planned.name, planned.log, planned.environment, "python", "-m", module)


def _serving(plan: Plan, service: Service, container: Container) -> Program:
    planned = plan.service(service)
    environment = dict(planned.environment)
    if "PAYMESH_CONFIGURATION_SNAPSHOT" in environment:
        environment["PAYMESH_CONFIGURATION_SNAPSHOT"] = f"{STATE}/configuration"
    return container.program(planned.name, planned.log, environment)


async def _show_payment(plan: Plan, terminal: Terminal) -> None:
    url = plan.url(SANDBOX)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as sandbox:
        known, receiver = await ground.registered(plan, sandbox)
        async with receiver, ApiClient(plan.url("gateway"), known.app) as api:
            shown = Walkthrough(api, receiver, known, sandbox_url=url, terminal=terminal)
            await shown.show()


async def _end(started: Iterable[Process]) -> None:
    for process in started:
        await process.stop(GRACE_S)
        if process.returncode:
            name, log = process.program.name, process.program.log
            raise CannotRun(f"{name} {processes.ended(process.returncode)}", processes.tail(log))
