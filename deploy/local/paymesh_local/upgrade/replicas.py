"""The services as replicas behind balancers: the next of each is ready before the former goes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import httpx

from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.ports import LOOPBACK, any_free
from paymesh_local.processes import Process, Program
from paymesh_local.services import DRAIN, Plan, Service
from paymesh_local.upgrade.balancers import Balancers
from paymesh_local.upgrade.former import Code

READY_LIMIT_S: Final = 60.0
POLL_S: Final = 0.1
UNLISTED_S: Final = 2.0
"""As the `preStop` of the manifests: until nobody connects to it any more."""

GRACE_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class Place:
    """A replica's program, and its two ports (public None where there is none)."""

    program: Program
    private: int
    public: int | None

    @classmethod
    def of(cls, plan: Plan, service: Service, code: Code, number: int) -> Self:
        """With ports of its own and the name of its number."""
        private, public = any_free(), any_free() if service.front else None
        environment = {
            **code.services[service.name],
            "PAYMESH_PRIVATE_PORT": str(private),
            **({"PAYMESH_PORT": str(public)} if public else {}),
        }
        environment.pop(DRAIN, None)
        name = f"{service.name}-{number}"
        if "PAYMESH_MEMBER_ID" in environment:
            environment["PAYMESH_MEMBER_ID"] = name
        if snapshot := environment.get("PAYMESH_CONFIGURATION_SNAPSHOT"):
            environment["PAYMESH_CONFIGURATION_SNAPSHOT"] = f"{snapshot}-{number}"
        return cls(_program(plan, name, code.python, service.package, environment), private, public)


@dataclass(frozen=True, slots=True)
class Replica:
    process: Process
    place: Place


class Replicas:
    """`roll` each service to another code; `stop` them all."""

    def __init__(self, plan: Plan, balancers: Balancers) -> None:
        self._plan = plan
        self._balancers = balancers
        self._running: dict[str, Replica] = {}
        self._count = 0

    async def migrate(self, code: Code) -> None:
        await migrate(self._plan, code)

    async def roll(self, service: Service, code: Code) -> None:
        """Start the next one; when it is ready, let the former go.

        Raises:
            CannotRun: it does not become ready in time.
        """
        former = self._running.get(service.name)
        replica = await self._started(service, code)
        self._running[service.name] = replica
        place = replica.place
        await self._balancers.list_ready(
            service, private=[place.private], public=[place.public] if place.public else []
        )
        if former is not None:
            await asyncio.sleep(UNLISTED_S)
            await former.process.stop(GRACE_S)

    async def stop(self) -> None:
        running = self._running.values()
        await asyncio.gather(*(each.process.stop(GRACE_S) for each in running))

    async def _started(self, service: Service, code: Code) -> Replica:
        self._count += 1
        place = Place.of(self._plan, service, code, self._count)
        process = await processes.start(place.program)
        await until_ready(process, f"http://{LOOPBACK}:{place.private}")
        return Replica(process, place)


async def migrate(plan: Plan, code: Code) -> None:
    """Bring all databases to the schema of this code."""
    for name, environment in code.migrations.items():
        module = f"{name.replace('-', '_')}.migrations"
        program = _program(plan, f"{name}-migrations", code.python, module, environment)
        await processes.run(program)


def _program(
    plan: Plan, name: str, python: Path, module: str, environment: Mapping[str, str]
) -> Program:
    return Program(
        name=name,
        command=processes.tied((str(python), "-m", module)),
        log=plan.local_dir / "logs" / f"{name}.log",
        environment=environment,
    )


async def until_ready(process: Process, private_url: str) -> None:
    """Return when it says so.

    Raises:
        CannotRun: it has ended, or is not in time.
    """
    async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                while True:
                    if process.returncode is not None:
                        break
                    try:
                        answer = await http.get(f"{private_url}/health/ready")
                        if answer.status_code == httpx.codes.OK:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            pass
    program = process.program
    raise CannotRun(f"{program.name} is not ready", processes.tail(program.log, lines=20))
