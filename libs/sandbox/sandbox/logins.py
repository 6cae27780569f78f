"""Who is logged in to a wallet, and the codes with which its OAuth names them to an app."""

import hashlib
import secrets
from dataclasses import dataclass

from sandbox.clock import now

CODE_LIVES_S = 300


class BadCode(Exception):
    """`is_used`: it was exchanged a moment ago; else it is expired, wrong or another app's."""

    def __init__(self, *, is_used: bool) -> None:
        super().__init__("used" if is_used else "invalid")
        self.is_used = is_used


@dataclass(slots=True)
class _Code:
    app: str
    person: str
    made_at: float
    is_used: bool = False


class Logins:
    """Codes are worth one exchange, five minutes long, by the app they were made for."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}
        self._apps: dict[str, str] = {}

    def code_for(self, app: str, person: str) -> str:
        code = secrets.token_hex(16)
        self._codes[code] = _Code(app, person, now())
        return code

    def exchange(self, code: str, app: str) -> str:
        """The person. Raises BadCode."""
        known = self._codes.get(code)
        if known is None or known.app != app or now() - known.made_at > CODE_LIVES_S:
            raise BadCode(is_used=False)
        if known.is_used:
            raise BadCode(is_used=True)
        known.is_used = True
        return known.person

    def name_of(self, person: str, app: str) -> str:
        """The app's own name of this person, 28 characters."""
        name = "o" + hashlib.sha256(f"{app} {person}".encode()).hexdigest()[:27]
        self._apps[name] = app
        return name

    def may_be(self, name: str, app: str) -> bool:
        """Whether this may be a payer's name to this app; False for another app's."""
        return self._apps.get(name, app) == app
