"""What our code asks of the machine below it: the time, random bits, and where to write a log."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import structlog
from structlog.typing import EventDict, WrappedLogger
from tests.simulation.chance import Chance
from tests.simulation.process import running_process
from tests.simulation.world import World


@contextmanager
def simulated(world: World) -> Iterator[None]:
    """Numbers (`contracts.identifiers`) come from the seed, and the log becomes the story."""
    dice = Chance(world.seed, "random bits")
    with ExitStack() as changed:
        changed.enter_context(patch.object(secrets, "randbits", dice.bits))
        changed.enter_context(patch.object(time, "time_ns", lambda: _nanoseconds(world)))
        changed.enter_context(_logging_to(world))
        yield


def _nanoseconds(world: World) -> int:
    return int(world.now().timestamp() * 1_000_000) * 1_000


@contextmanager
def _logging_to(world: World) -> Iterator[None]:
    def tell(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        facts = (f"{name}={value}" for name, value in event.items() if name != "event")
        world.story.tell(running_process(), event["event"], *facts)
        raise structlog.DropEvent

    before = structlog.get_config() if structlog.is_configured() else None
    structlog.configure(processors=[tell], cache_logger_on_first_use=False)
    yield
    if before is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**before)
