"""A simulation that finds nothing may be blind: what is broken on purpose must be found out."""

from typing import Final

import pytest
from tests.simulation import simulation
from tests.simulation.broken import BROKEN
from tests.simulation.postgres import Server

ENOUGH: Final = 40
"""Seeds; most are found out by the first few."""


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_centre_is_found_out(how: str, server: Server) -> None:
    worlds = (simulation.run(seed, server, BROKEN[how]) for seed in range(1, ENOUGH + 1))
    assert any(world.violations for world in worlds)
