"""Whatever goes wrong, when all has come to rest the books say what happened: 200 worlds."""

from typing import Final

import pytest
from tests.simulation import simulation
from tests.simulation.postgres import Server

SEEDS: Final = 200
CHUNK: Final = 20


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_every_world_comes_to_rest_with_true_books(first: int, server: Server) -> None:
    for seed in range(first, first + CHUNK):
        report = simulation.run(seed, server)
        assert not report.violations, f"make simulate SEED={seed}"


def test_a_seed_tells_one_story(server: Server) -> None:
    first, second = (simulation.run(7, server) for _ in range(2))
    assert first.story == second.story
