"""Two processes are never given the same ports, even before either listens."""

import asyncio
import random
import socket
import subprocess
import sys
from typing import Final

import pytest

from paymesh_local import ports
from paymesh_local.failure import CannotRun

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


async def test_a_port_that_an_ended_connection_holds_is_waited_for() -> None:
    base, words = ports.free_base(), list[str]()
    with socket.socket() as held:
        held.bind((ports.LOOPBACK, base + 2))  # As in TIME_WAIT: taken, and nobody listens.
        waiting = asyncio.create_task(ports.Ports.of_base(base).until_free(words.append))
        async with asyncio.timeout(60):
            while not words:  # noqa: ASYNC110, nobody tells when it is
                await asyncio.sleep(0.01)
        assert not waiting.done()
    await waiting
    assert len(words) == 1
    assert f"port {base + 2} (merchant-admin)" in words[0]


async def test_a_port_that_a_program_has_is_not_waited_for() -> None:
    base, words = ports.free_base(), list[str]()
    with socket.create_server((ports.LOOPBACK, base + 2)), pytest.raises(CannotRun, match="taken"):
        await ports.Ports.of_base(base).until_free(words.append)
    assert words == []
