"""The real parts that a simulation is made of; a test may put a broken one in its place."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.simulation.database import SimulatedDatabase
from tests.simulation.plugin import plugin

from chassis.consumer import Consumer
from chassis.outbox import Relay
from gateway.calling.executor import Executor
from gateway.channels.plugin import Plugin
from trade_core.consumers import Results
from trade_core.flows.deps import Deps
from trade_core.flows.poll_due import poll_due


@dataclass(frozen=True, slots=True)
class Parts:
    poll_due: Callable[[Deps], Awaitable[int]] = poll_due
    results: type[Results] = Results
    executor: type[Executor] = Executor
    plugin: Callable[..., Plugin[str]] = plugin
    relay: type[Relay] = Relay
    consumer: type[Consumer[Any]] = Consumer
    database: type[SimulatedDatabase] = SimulatedDatabase


REAL = Parts()
