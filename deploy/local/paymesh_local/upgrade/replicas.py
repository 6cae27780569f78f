"""The services as replicas behind balancers: the next of each is ready before the former goes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx

from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.ports import LOOPBACK, any_free
from paymesh_local.processes import Process, Program
from paymesh_local.services import SERVICES, Plan, Service
from paymesh_local.upgrade.balancer import Balancer
from paymesh_local.upgrade.former import Code

READY_LIMIT_S: Final = 60.0
POLL_S: Final = 0.1
UNLISTED_S: Final = 2.0
"""As the `preStop` of the manifests: until nobody connects to it any more."""

GRACE_S: Final = 40.0


class Replica:
    """One process, and its two ports (public None where there is none)."""

    def __init__(self, process: Process, private: int, public: int | None) -> None:
        self.process = process
        self.private = private
        self.public = public


class Replicas:
    """`roll` each service to another code; `stop` them all."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._running: dict[str, Replica] = {}
        self._balancers: dict[str, Balancer] = {}
        self._count = 0

    async def open(self) -> None:
        """Listen where the services are looked for."""
        for service in SERVICES:
            names = [f"private-{service.name}", *([service.name] if service.front else [])]
            for name in names:
                port: int = getattr(self._plan.ports, name.replace("-", "_"))
                balancer = self._balancers[name] = Balancer(port)
                await balancer.start()

    async def migrate(self, code: Code) -> None:
        for name, environment in code.migrations.items():
            module = f"{name.replace('-', '_')}.migrations"
            await processes.run(
                self._program(f"{name}-migrations", code.python, module, environment)
            )

    async def roll(self, service: Service, code: Code) -> None:
        """Start the next one; when it is ready, let the former go.

        Raises:
            CannotRun: it does not become ready in time.
        """
        former = self._running.get(service.name)
        replica = await self._started(service, code)
        self._running[service.name] = replica
        self._balancers[f"private-{service.name}"].behind = [replica.private]
        if replica.public is not None:
            self._balancers[service.name].behind = [replica.public]
        if former is not None:
            await asyncio.sleep(UNLISTED_S)
            await former.process.stop(GRACE_S)

    async def stop(self) -> None:
        running = self._running.values()
        await asyncio.gather(*(each.process.stop(GRACE_S) for each in running))
        for balancer in self._balancers.values():
            balancer.stop()

    async def _started(self, service: Service, code: Code) -> Replica:
        self._count += 1
        private, public = any_free(), any_free() if service.front else None
        own = {
            "PAYMESH_PRIVATE_PORT": str(private),
            **({"PAYMESH_PORT": str(public)} if public else {}),
        }
        environment = {**code.services[service.name], **own}
        if "PAYMESH_MEMBER_ID" in environment:
            environment["PAYMESH_MEMBER_ID"] = f"{service.name}-{self._count}"
        name = f"{service.name}-{self._count}"
        program = self._program(name, code.python, service.package, environment)
        process = await processes.start(program)
        await _is_ready(process, private)
        return Replica(process, private, public)

    def _program(
        self, name: str, python: Path, module: str, environment: Mapping[str, str]
    ) -> Program:
        return Program(
            name=name,
            command=processes.tied((str(python), "-m", module)),
            log=self._plan.local_dir / "logs" / f"{name}.log",
            environment=environment,
        )


async def _is_ready(process: Process, port: int) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                while True:
                    if process.returncode is not None:
                        break
                    try:
                        answer = await http.get(f"http://{LOOPBACK}:{port}/health/ready")
                        if answer.status_code == httpx.codes.OK:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            pass
    program = process.program
    raise CannotRun(f"{program.name} is not ready", processes.tail(program.log, lines=20))
