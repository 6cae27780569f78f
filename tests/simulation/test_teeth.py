"""A simulation that finds nothing may be blind: what is broken on purpose must be found out."""

from typing import Final

import pytest
from tests.simulation import simulation
from tests.simulation.broken import BROKEN
from tests.simulation.postgres import Server

SEEDS: Final = range(1, 31)
"""Plenty: when last counted, each broken centre was found out by every third at least."""


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_centre_is_found_out(how: str, server: Server) -> None:
    broken = BROKEN[how]
    runs = (simulation.run(seed, server, broken.parts, broken.wrong) for seed in SEEDS)
    assert any(run.violations for run in runs)


def test_what_goes_wrong_there_is_no_trouble_for_the_real_centre(server: Server) -> None:
    for broken in BROKEN.values():
        assert not simulation.run(1, server, wrong=broken.wrong).violations
