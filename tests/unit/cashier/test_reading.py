"""What a device remembers of the payments that it began."""

import pytest
from starlette.requests import Request

from cashier.api.reading import (
    ATTEMPT,
    ATTEMPTS_KEPT,
    LAST_USED,
    kept,
    last_used_of,
    with_attempt,
)
from cashier.domain.ways import LastUsed


def request(value: str, name: str = ATTEMPT) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{name}={value}".encode())]})


def test_a_payment_begun_beside_another_forgets_neither() -> None:
    assert with_attempt(request(""), "P1") == "P1"
    assert with_attempt(request("P1"), "P2") == "P2.P1"
    assert with_attempt(request("P2.P1"), "P1") == "P1.P2"


def test_a_device_remembers_so_many() -> None:
    many = ".".join(f"P{number}" for number in range(100))
    assert len(with_attempt(request(many), "Q").split(".")) == ATTEMPTS_KEPT


@pytest.mark.parametrize("last", [LastUsed("wechat", "C1"), LastUsed("wechat"), LastUsed()])
def test_where_it_paid_last_is_read_as_it_was_kept(last: LastUsed) -> None:
    assert last_used_of(request(kept(last), LAST_USED)) == last


def test_what_a_former_release_kept_is_a_channel() -> None:
    assert last_used_of(request("wechat", LAST_USED)) == LastUsed("wechat")
