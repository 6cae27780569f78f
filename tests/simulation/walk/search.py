"""Breadth first through all states that the domain can reach, each looked at once."""

import time
from collections import deque
from dataclasses import dataclass, field

from tests.simulation.walk import node as nodes
from tests.simulation.walk import rules, steps
from tests.simulation.walk.node import Node, Numbers
from tests.simulation.walk.steps import Step


@dataclass(slots=True)
class Walk:
    """How far it came. `found`: what is wrong, each with the steps that lead there. `depth`: all
    states so many steps from the first were looked at."""

    seen: int = 0
    steps: int = 0
    depth: int = 0
    is_exhausted: bool = False
    found: list[str] = field(default_factory=list)


def walk(*, limit_s: float, most_found: int = 5) -> Walk:
    """Until the time is over, nothing new is found, or enough is wrong."""
    numbers = Numbers()
    with numbers.in_use():
        return _walked(numbers, limit_s, most_found)


def _walked(numbers: Numbers, limit_s: float, most_found: int) -> Walk:
    start = nodes.first()
    came_from: dict[Node, tuple[Node, Step | None] | None] = {start: None}
    queue = deque([(start, 0)])
    done, give_up_at = Walk(), time.monotonic() + limit_s
    while queue and time.monotonic() < give_up_at and len(done.found) < most_found:
        node, done.depth = queue.popleft()
        for step in steps.of(node):
            if len(done.found) >= most_found:
                break
            done.steps += 1
            for reached, wrong in _stepped(node, step, numbers):
                for violation in wrong:
                    done.found.append(_story([*_path(came_from, node), step.name], violation))
                if reached not in came_from:
                    came_from[reached] = node, step
                    queue.append((reached, done.depth + 1))
        ended = steps.at_the_end(node)
        if ended is not None and ended not in came_from:
            came_from[ended] = node, None
            queue.append((ended, done.depth + 1))
    done.seen, done.is_exhausted = len(came_from), not queue
    return done


def _stepped(node: Node, step: Step, numbers: Numbers) -> list[tuple[Node, list[str]]]:
    """Where it leads; a word that comes twice leads to where it led."""
    try:
        taken = steps.take(node, step, numbers)
        wrong = [*rules.of_step(node, step, taken), *rules.of_state(taken.node)]
        if step.word is not None and taken.refused is None and taken.node != node:
            again = steps.take(taken.node, step, numbers)
            if again.node != taken.node:
                wrong.append("the same word once more changes something")
    except Exception as error:  # noqa: BLE001  Whatever it is, the domain has no answer here.
        return [(node, [f"the domain fails: {error!r}"])]
    return [(taken.node, wrong)]


def _path(came_from: dict[Node, tuple[Node, Step | None] | None], node: Node) -> list[str]:
    path: list[str] = []
    while (before := came_from[node]) is not None:
        node, step = before
        path.append("the time is over" if step is None else step.name)
    return path[::-1]


def _story(path: list[str], violation: str) -> str:
    return "\n    ".join([violation, *path])
