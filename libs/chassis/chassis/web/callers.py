"""Which of our own services calls, by its token, and whether it may.

Each caller has a token of its own for each service it calls, two while one is exchanged for the
next: the new one is accepted first, then shown, then the old one is accepted no more.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from fastapi import Request

from chassis.problems import Forbidden, Unauthenticated
from chassis.settings import OPERATOR, AcceptedToken

NOBODY: Final = "The token is missing or wrong."


class Callers:
    """Who is known. Tokens are looked up by their digest, so the time a look-up takes says nothing
    about them."""

    def __init__(self, accepted: Iterable[AcceptedToken]) -> None:
        self._by_digest = {
            _digest(b"Bearer " + each.token.get_secret_value().encode()): each.caller
            for each in accepted
        }

    def identify(self, authorization: str) -> str:
        """The caller's name. Raises Unauthenticated."""
        caller = self._by_digest.get(_digest(authorization.encode("latin-1", "replace")))
        if caller is None:
            raise Unauthenticated(NOBODY)
        return caller


class CalledBy:
    """A dependency: the route is for these callers, and for the operator where there is one.

    Raises Unauthenticated for who is not known, Forbidden for who is another.
    """

    def __init__(self, *callers: str) -> None:
        self.callers = frozenset(callers)

    async def __call__(self, request: Request) -> None:
        known: Callers = request.app.state.callers
        caller = known.identify(request.headers.get("authorization", ""))
        if caller not in self.callers and caller != OPERATOR:
            raise Forbidden(f"This is not for {caller}.")


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()
