"""Whatever goes wrong, when all has come to rest the books say what happened: 60 worlds."""

from typing import Final

import pytest
from tests.simulation import simulation
from tests.simulation.postgres import Server

SEEDS: Final = 60
"""A world takes half a second of CPU, a third of it PostgreSQL's; `make simulate` plays 1,000."""

CHUNK: Final = 12
TWICE: Final = range(1, 6)


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_every_seed_comes_to_rest_with_true_books(first: int, server: Server) -> None:
    for seed in range(first, first + CHUNK):
        report = simulation.run(seed, server)
        assert not report.violations, f"make simulate SEED={seed}"


def test_a_seed_tells_one_story_whatever_was_before(server: Server) -> None:
    there = [simulation.run(seed, server) for seed in TWICE]
    back = [simulation.run(seed, server) for seed in reversed(TWICE)]
    for first, second in zip(there, reversed(back), strict=True):
        assert first.story == second.story
