"""Two processes are never given the same ports, even before either listens."""

import random
import subprocess
import sys
from typing import Final

import pytest

from paymesh_local import ports

ANOTHER: Final = "from paymesh_local import ports; print(ports.free_base(), flush=True); input()"


def test_a_base_is_given_to_one_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as another:
        assert another.stdout is not None
        taken = int(another.stdout.readline())
        monkeypatch.setattr(ports, "_claimed", {})
        drawn = iter([taken, *range(20_000, 30_000, 200)])
        monkeypatch.setattr(random, "randrange", lambda *_: next(drawn))

        assert ports.free_base() != taken
        another.communicate("")


def test_a_process_is_given_its_own_base_again_until_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "_claimed", {})

    assert ports.free_base() == ports.free_base()
