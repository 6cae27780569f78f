"""One seed: a world is made, lives through its faults, comes to rest, and is judged."""

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.simulation import books, faults, machine, oracle, people, third_party
from tests.simulation.bus import Bus
from tests.simulation.centre import RESTART_S, Centre
from tests.simulation.chance import Chance
from tests.simulation.faults import Faults
from tests.simulation.parts import REAL, Parts
from tests.simulation.people import App, Payers
from tests.simulation.postgres import Server
from tests.simulation.process import task_factory
from tests.simulation.third_party import ThirdParty
from tests.simulation.truth import Truth
from tests.simulation.virtual_time import VirtualLoop
from tests.simulation.webhooks import Postman
from tests.simulation.world import World

from contracts.events.configuration import LatePayment, RefundSplits

ACCOUNTS: Final = ("C1", "C2")
STORM_S: Final = (30.0, 200.0)
PAUSE_S: Final = (5.0, 600.0)
PATIENCE_S: Final = 24 * 3600.0
"""When it is not over by then, it never will be."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a seed. `digest` is that of the whole story."""

    seed: int
    violations: list[str]
    story: list[str]
    digest: str
    lasted_s: float


def run(seed: int, server: Server, parts: Parts = REAL, wrong: Faults | None = None) -> Report:
    """Let one world live. Everything in it follows from the seed (and the program); `wrong`: what
    goes wrong in it, if not what the seed says."""
    server.empty()
    loop = VirtualLoop()
    loop.set_task_factory(task_factory())
    loop.set_exception_handler(lambda *_: None)
    world = World(seed, loop, wrong or faults.drawn(Chance(seed, "faults")))
    bus = Bus(world)
    with machine.simulated(world, bus):
        try:
            found = loop.run_until_complete(_lived(world, server, bus, parts))
        finally:
            _end(loop)
    story = world.story
    return Report(seed, [*found, *world.surprises], story.lines(), story.digest(), loop.time())


async def _lived(world: World, server: Server, bus: Bus, parts: Parts) -> list[str]:
    chance = Chance(world.seed, "customs")
    habits = people.usual(chance)
    world.story.tell("world", "faults", world.faults)
    world.story.tell("world", "habits", habits)
    app, payers = App(world, habits, ACCOUNTS), Payers(world, habits)
    postman = Postman(world)
    plugins = {}
    for account in ACCOUNTS:
        customs = third_party.usual(chance)
        world.story.tell("world", account, customs)
        plugins[account] = parts.plugin(can_close=customs.can_close)
        payers.parties[account] = ThirdParty(
            world,
            account,
            customs,
            on_trade=[payers.see, postman.see],
            on_return=payers.must_decide,
            on_notice=postman.take,
        )
    refund_splits = chance.pick((RefundSplits.RETURN, RefundSplits.RETURN, RefundSplits.KEEP))
    centre = Centre(
        world,
        server,
        bus,
        payers.parties,
        plugins,
        late=chance.pick((LatePayment.ACCEPT, LatePayment.REFUND)),
        refund_splits=refund_splits,
        parts=parts,
        on_told=app.hears,
    )
    app.centre = postman.centre = centre
    centre.open()
    app.open()
    await asyncio.sleep(chance.between(*STORM_S))
    world.calm_down()
    await asyncio.sleep(RESTART_S[1])
    world.is_calm = True
    await _rest(app, payers, postman, centre)
    at_the_end = books.read(server, bus, refund_splits)
    truth = Truth.of(payers.parties)
    found = list(oracle.violations(at_the_end, truth, centre.told, app.acknowledged))
    for violation in found:
        world.story.tell("world", "is wrong:", violation)
    return found


async def _rest(app: App, payers: Payers, postman: Postman, centre: Centre) -> None:
    """Until nothing moves any more, at two looks one after the other; or patience is at an end."""
    pause_s, longest_s = PAUSE_S
    quiet, waited_s = 0, 0.0
    while quiet < 2 and waited_s < PATIENCE_S:
        await asyncio.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(pause_s * 2, longest_s)
        moving = app.busy + payers.busy + postman.waiting
        quiet = quiet + 1 if not moving and centre.is_at_rest() else 0


def _end(loop: VirtualLoop) -> None:
    """Whoever is stopped may begin something while leaving."""
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=1))
    loop.close()
