"""What a device remembers of the payments that it began."""

from starlette.requests import Request

from cashier.api.reading import ATTEMPT, ATTEMPTS_KEPT, with_attempt


def request(kept: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{ATTEMPT}={kept}".encode())]})


def test_a_payment_begun_beside_another_forgets_neither() -> None:
    assert with_attempt(request(""), "P1") == "P1"
    assert with_attempt(request("P1"), "P2") == "P2.P1"
    assert with_attempt(request("P2.P1"), "P1") == "P1.P2"


def test_a_device_remembers_so_many() -> None:
    many = ".".join(f"P{number}" for number in range(100))
    assert len(with_attempt(request(many), "Q").split(".")) == ATTEMPTS_KEPT
