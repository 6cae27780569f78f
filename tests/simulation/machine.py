"""What our code asks of the machine below it: the time, random bits, where to write a log, and a
connection to Kafka."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import structlog
from structlog.typing import EventDict, WrappedLogger
from tests.simulation.bus import Bus
from tests.simulation.chance import Chance
from tests.simulation.harness import Harness
from tests.simulation.process import current_process, running_process
from tests.simulation.reader import Reader

from chassis.consumer import group


@contextmanager
def simulated(harness: Harness, bus: Bus) -> Iterator[None]:
    """Numbers (`contracts.identifiers`) come from the seed, the log becomes the story, and the
    consumer reads from the simulated bus, by the simulated clock."""
    dice = Chance(harness.seed, "random bits")
    with ExitStack() as changed:
        changed.enter_context(patch.object(secrets, "randbits", dice.bits))
        changed.enter_context(patch.object(time, "time_ns", lambda: _nanoseconds(harness)))
        changed.enter_context(_logging_to(harness))
        changed.enter_context(_consuming_from(harness, bus))
        yield


def _nanoseconds(harness: Harness) -> int:
    return int(harness.now().timestamp() * 1_000_000) * 1_000


@contextmanager
def _consuming_from(harness: Harness, bus: Bus) -> Iterator[None]:
    def reader(**options: Any) -> Reader:
        return Reader(current_process(), bus, options["group_id"])

    clock = SimpleNamespace(monotonic=harness.loop.time, time=lambda: harness.now().timestamp())
    dice = SimpleNamespace(uniform=Chance(harness.seed, "back-off").between)
    with (
        patch.object(group, "AIOKafkaConsumer", reader),
        patch.object(group, "time", clock),
        patch.object(group, "random", dice),
    ):
        yield


@contextmanager
def _logging_to(harness: Harness) -> Iterator[None]:
    def tell(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        facts = (f"{name}={value}" for name, value in event.items() if name != "event")
        harness.story.tell(running_process(), event["event"], *facts)
        raise structlog.DropEvent

    before = structlog.get_config() if structlog.is_configured() else None
    structlog.configure(processors=[tell], cache_logger_on_first_use=False)
    yield
    if before is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**before)
