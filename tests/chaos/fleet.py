"""The services as a cluster runs them: replicas that are started again, listed while ready."""

import asyncio
import signal
from dataclasses import dataclass
from typing import Final

import httpx

from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.ports import LOOPBACK
from paymesh_local.processes import Process
from paymesh_local.services import SERVICES, Plan, Service
from paymesh_local.upgrade.balancers import Balancers
from paymesh_local.upgrade.former import Code
from paymesh_local.upgrade.replicas import Place, migrate

TWO_OF: Final = ("gateway", "trade-core", "notifier")
ODD_NUMBER: Final = 9
"""Of the replicas that are started to be found unfit."""

PROBE_S: Final = 0.3
FAILURE_THRESHOLD: Final = 2
"""As in the manifests: one slow answer unlists nobody."""

ANSWERS: Final = 30
"""Of a replica that is to refuse: until its checks have been made several times, even where each
has to wait for others under load."""
READY_LIMIT_S: Final = 120.0
GRACE_S: Final = 40.0


@dataclass(slots=True)
class Replica:
    """One of a service: its place stays, its process may be another one. `failures`: of the probe,
    in a row."""

    service: Service
    place: Place
    process: Process
    is_ready: bool = False
    failures: int = 0


class Fleet:
    """`start` it, `keep` it, `stop` it; `keep` must have ended then."""

    def __init__(self, plan: Plan, code: Code, balancers: Balancers) -> None:
        self.replicas: list[Replica] = []
        self._plan = plan
        self._code = code
        self._balancers = balancers
        self._http = httpx.AsyncClient(trust_env=False, timeout=2)

    async def start(self) -> None:
        await migrate(self._plan, self._code)
        for service in SERVICES:
            for number in range(1, 3 if service.name in TWO_OF else 2):
                place = Place.of(self._plan, service, self._code, number)
                process = await processes.start(place.program)
                self.replicas.append(Replica(service, place, process))

    async def keep(self) -> None:
        """Start again what ends, and list what is ready; returns only by cancellation."""
        async with asyncio.TaskGroup() as group:
            for replica in self.replicas:
                group.create_task(_kept(replica))
            group.create_task(self._list())

    async def stop(self) -> None:
        await asyncio.gather(*(each.process.stop(3) for each in self.replicas))
        await self._http.aclose()

    def of(self, name: str) -> list[Replica]:
        return [each for each in self.replicas if each.service.name == name]

    async def end(self, replica: Replica, what: signal.Signals) -> None:
        """Return when the process has ended.

        Raises:
            CannotRun: it goes on.
        """
        former = replica.process
        former.send(what)
        try:
            async with asyncio.timeout(GRACE_S):
                await former.wait()
        except TimeoutError:
            raise CannotRun(f"{former.program.name} goes on after {what.name}") from None
        replica.is_ready = False

    async def all_ready(self) -> None:
        """Return when every replica is ready and listed.

        Raises:
            CannotRun: one of them is not in time.
        """
        give_up_at = asyncio.get_running_loop().time() + READY_LIMIT_S
        while late := next((each for each in self.replicas if not each.is_ready), None):
            await asyncio.sleep(PROBE_S)
            if asyncio.get_running_loop().time() > give_up_at:
                program = late.place.program
                raise CannotRun(f"{program.name} is not ready", processes.tail(program.log))

    async def refusal(self, name: str, **environment: str) -> str:
        """What one more replica of this service, given these too, says of itself after some
        seconds; empty when it is ready. It is never listed."""
        service = next(each for each in SERVICES if each.name == name)
        given = {**self._code.services[name], **environment}
        code = Code(self._code.python, {name: given}, {})
        place = Place.of(self._plan, service, code, ODD_NUMBER)
        process = await processes.start(place.program)
        try:
            return await self._latest_answer(process, place)
        finally:
            await process.stop(3)

    async def _latest_answer(self, process: Process, place: Place) -> str:
        """The latest of several answers, so that an early one counts for nothing."""
        latest, answers = "does not answer", 0
        async with asyncio.timeout(READY_LIMIT_S):
            while process.returncode is None and answers < ANSWERS:
                await asyncio.sleep(PROBE_S)
                try:
                    answer = await self._http.get(_readiness(place))
                except httpx.TransportError:
                    continue
                answers += 1
                latest = "" if answer.is_success else answer.text
        return latest

    async def _list(self) -> None:
        while True:
            await asyncio.gather(*(self._probe(each) for each in self.replicas))
            for service in SERVICES:
                ready = [each.place for each in self.of(service.name) if each.is_ready]
                await self._balancers.list_ready(
                    service,
                    private=[place.private for place in ready],
                    public=[place.public for place in ready if place.public],
                )
            await asyncio.sleep(PROBE_S)

    async def _probe(self, replica: Replica) -> None:
        process = replica.process
        try:
            is_well = (await self._http.get(_readiness(replica.place))).is_success
        except httpx.TransportError:
            is_well = False
        replica.failures = 0 if is_well else replica.failures + 1
        if is_well or replica.failures >= FAILURE_THRESHOLD:
            replica.is_ready = is_well
        if process.returncode is not None:
            replica.is_ready = False


async def _kept(replica: Replica) -> None:
    while True:
        await replica.process.wait()
        replica.is_ready = False
        replica.process = await processes.start(replica.place.program)


def _readiness(place: Place) -> str:
    return f"http://{LOOPBACK}:{place.private}/health/ready"
