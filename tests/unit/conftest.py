"""Unit tests are pure: whoever opens a network socket fails."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Unix sockets stay open, for the event loop's own pair."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
