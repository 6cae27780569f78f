"""One seed: a world is made, lives through its faults, comes to rest, and is judged."""

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.simulation import bookkeepers, centre_books, faults, features, machine, oracle
from tests.simulation.bus import Bus
from tests.simulation.centre import RESTART_S, Centre
from tests.simulation.chance import Chance
from tests.simulation.faults import Faults
from tests.simulation.features import Feature
from tests.simulation.harness import Harness
from tests.simulation.parts import REAL, Parts
from tests.simulation.postgres import Server
from tests.simulation.process import stop_all, task_factory
from tests.simulation.story import Story
from tests.simulation.surroundings import People
from tests.simulation.virtual_time import VirtualLoop

from contracts.events.configuration import LatePayment, RefundSplits

STORM_S: Final = (30.0, 200.0)
PAUSE_S: Final = (5.0, 600.0)
PATIENCE_S: Final = 27 * 3600.0
"""When it is not over by then, it never will be. What is final may be watched for a day."""

MOST: Final = 20_000
"""So much happens in no world that comes to rest: somebody goes round in circles."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a seed. `digest` is that of the whole story."""

    seed: int
    violations: list[str]
    story: list[str]
    digest: str
    lasted_s: float


def run(
    seed: int,
    server: Server,
    parts: Parts = REAL,
    wrong: Faults | None = None,
    *,
    has: frozenset[Feature] | None = None,
) -> Report:
    """Let one world live. Everything in it follows from the seed (and the program); `wrong`: what
    goes wrong in it, if not what the seed says; `has`: its features, if
    not those that the seed says."""
    server.empty()
    loop = VirtualLoop()
    loop.set_task_factory(task_factory())
    loop.set_exception_handler(lambda *_: None)
    harness = Harness(
        seed,
        loop,
        wrong or faults.drawn(Chance(seed, "faults")),
        features.drawn(Chance(seed, "features")) if has is None else has,
    )
    bus = Bus(harness)
    with machine.simulated(harness, bus):
        try:
            found = loop.run_until_complete(_lived(harness, server, bus, parts))
        finally:
            stop_all(loop)
            loop.close()
    story = harness.story
    return Report(seed, [*found, *harness.surprises], story.lines(), story.digest(), loop.time())


async def _lived(harness: Harness, server: Server, bus: Bus, parts: Parts) -> list[str]:
    people = People(harness, bus, parts)
    chance = Chance(harness.seed, "policies")
    late = chance.pick((LatePayment.ACCEPT, LatePayment.REFUND))
    refund_splits = chance.pick((RefundSplits.RETURN, RefundSplits.RETURN, RefundSplits.KEEP))
    centre = Centre(
        harness,
        server,
        bus,
        people.wired_parties,
        people.accounts,
        late=late,
        refund_splits=refund_splits,
        parts=parts,
        listeners=people.listeners(),
    )
    people.open(centre)
    await asyncio.sleep(chance.between(*STORM_S))
    harness.calm_down()
    await asyncio.sleep(RESTART_S[1])
    harness.is_calm = True
    await _rest(people, centre, harness.story)
    if harness.has(Feature.STATEMENTS):
        await bookkeepers.reconcile(harness, centre, people.accounts_with_statements())
        await _rest(people, centre, harness.story)
    at_the_end = centre_books.read(server, bus, refund_splits, late)
    found = [
        *oracle.violations(at_the_end, people.truth(), centre.published, people.app.acknowledged),
        *people.too_early(),
        *centre.abandoned(),
        *bus.skipped(),
    ]
    if len(harness.story) >= MOST:
        found.append(f"after {MOST} events it still does not come to rest")
    for violation in found:
        harness.story.tell("world", "is wrong:", violation)
    return found


async def _rest(people: People, centre: Centre, story: Story) -> None:
    """Until nothing moves any more, at two looks one after the other; or patience is at an end, or
    there is no end of what happens."""
    pause_s, longest_s = PAUSE_S
    quiet, waited_s = 0, 0.0
    while quiet < 2 and waited_s < PATIENCE_S and len(story) < MOST:
        await asyncio.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(pause_s * 2, longest_s)
        quiet = quiet + 1 if not people.busy() and centre.is_at_rest() else 0
