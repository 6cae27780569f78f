"""The head of a request: refused where proxies and servers may understand it differently.

Source: RFC 9112 (3.2, 6.1, 6.3), RFC 6585 (431).
"""

from typing import Final, NoReturn

from chassis.problems import HeadTooLarge, Malformed, Problem
from chassis.web.limits import MAX_HEADERS

JUDGED: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})


class Head:
    """Its lines are added to `headers` as the parser tells of them. `body_left`: what is still to
    come of the body, where they say how long it is. `fault`: what was raised; the
    parser makes an error of its own of it."""

    __slots__ = ("_codings", "_hosts", "body_left", "expects_continue", "fault", "headers")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.headers = headers
        self.body_left = 0
        self.expects_continue = False
        self.fault: Problem | None = None
        self._hosts = 0
        self._codings: list[bytes] = []

    def add(self, name: bytes, value: bytes) -> None:
        """Raises HeadTooLarge."""
        if len(self.headers) >= MAX_HEADERS:
            self._refuse(HeadTooLarge(f"A request has at most {MAX_HEADERS} headers."))
        name = name.lower()
        if name in JUDGED:
            self._note(name, value)
        self.headers.append((name, value))

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"content-length":
            self.body_left = int(value)
        elif name == b"transfer-encoding":
            self._codings.append(value.strip().lower())
        elif value.lower() == b"100-continue":
            self.expects_continue = True

    def require_clear(self, version: str) -> None:
        """Once it is whole, for a request of this version of HTTP. Raises Malformed."""
        is_newest = version == "1.1"
        if self._hosts > 1 or (is_newest and not self._hosts):
            self._refuse(Malformed("A request names one host."))
        if self._codings and (self._codings != [b"chunked"] or not is_newest):
            self._refuse(Malformed("The only transfer coding is chunked."))

    def _refuse(self, fault: Problem) -> NoReturn:
        self.fault = fault
        raise fault
