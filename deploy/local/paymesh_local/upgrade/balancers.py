"""The addresses of a cluster's Services: what those who start replicas tell the balancer."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.processes import Process, Program
from paymesh_local.services import SERVICES, Plan, Service
from paymesh_local.upgrade.balancer import Order

PROGRAM: Final = (sys.executable, "-m", "paymesh_local.upgrade.balancer")
GRACE_S: Final = 3.0


class Balancers:
    """One program for all addresses; made by `balancing`. What is told counts when a call returns;
    each may raise CannotRun."""

    def __init__(self, plan: Plan, process: Process) -> None:
        self._plan = plan
        self._process = process
        self._carried: dict[int, Order] = {}
        self._turn = asyncio.Lock()

    async def list_ready(
        self, service: Service, *, private: Sequence[int], public: Sequence[int]
    ) -> None:
        """The ports of those who are found where the service is looked for."""
        await self.lead(self._plan.port(f"private-{service.name}"), to=private)
        if service.front:
            await self.lead(self._plan.port(service.name), to=public)

    async def lead(self, port: int, *, to: Sequence[int], passes: bool = True) -> None:
        """See `Order`; one that changes nothing is not sent."""
        order = Order(port=port, behind=to, passes=passes)
        async with self._turn:
            if self._carried.get(port) == order:
                return
            self._process.write_line(order.model_dump_json())
            if await self._process.read_line() != str(port):
                raise CannotRun("the balancer has ended", processes.tail(self._process.program.log))
            self._carried[port] = order


@asynccontextmanager
async def balancing(plan: Plan) -> AsyncIterator[Balancers]:
    """Listening where all services are looked for; nobody is found yet."""
    log = plan.local_dir / "logs" / "balancer.log"
    process = await processes.start(Program("balancer", PROGRAM, log, piped=True))
    try:
        balancers = Balancers(plan, process)
        for service in SERVICES:
            await balancers.list_ready(service, private=(), public=())
        yield balancers
    finally:
        process.close_input()
        await process.stop(GRACE_S)
