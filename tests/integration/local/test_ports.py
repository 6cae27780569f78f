"""Two processes are never given the same ports, even before either listens."""

import random
import subprocess
import sys
from typing import Final

import pytest

from paymesh_local import ports

ANOTHER: Final = "from paymesh_local import ports; print(ports.{draw}(), flush=True); input()"


@pytest.mark.parametrize("draw", ["free_base", "any_free"])
def test_what_is_given_to_one_process_is_given_to_no_other(
    monkeypatch: pytest.MonkeyPatch, draw: str
) -> None:
    code = ANOTHER.format(draw=draw)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as another:
        assert another.stdout is not None
        taken = int(another.stdout.readline())
        monkeypatch.setattr(ports, "_claimed", set())
        drawn = iter([taken, *range(20_000, 30_000, 200)])
        monkeypatch.setattr(random, "randrange", lambda *_: next(drawn))

        assert getattr(ports, draw)() != taken
        another.communicate("")


def test_a_single_port_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([10_000, 10_000, *range(10_001, 18_000)])
    monkeypatch.setattr(random, "randrange", lambda *_: next(drawn))
    assert ports.any_free() != ports.any_free()


def test_the_system_hands_out_no_single_port_by_itself() -> None:
    """To whoever calls somebody, or listens anywhere: it would be taken before it is used."""
    assert ports.any_free() < 32_768


def test_a_process_is_given_its_own_base_again_until_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "_claimed", set())

    assert ports.free_base() == ports.free_base()
