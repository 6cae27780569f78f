"""Time passes at once here, and is written down."""

import time

import pytest


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept; the clock of flows goes on by it."""
    pauses: list[float] = []
    began = time.monotonic()
    monkeypatch.setattr("time.sleep", pauses.append)
    monkeypatch.setattr("time.monotonic", lambda: began + sum(pauses))
    return pauses
