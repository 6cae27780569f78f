"""Sessions of people: random tokens of which only a keyed digest is stored."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from merchant_admin.domain.users import Role

LIFETIME: Final = timedelta(hours=8)
"""A working day."""

MAX_FAILURES: Final = 5
FAILURE_WINDOW: Final = timedelta(minutes=5)
"""Five wrong passwords per name and address in five minutes: 1,440 guesses a day at most."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """Given out once; `access_token` is stored nowhere."""

    username: str
    access_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """`role`: the one they have now."""

    username: str
    expires_at: datetime
    role: Role


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_digest(key: bytes, token: str) -> bytes:
    """What the database knows of a token."""
    return _digest(key, "token", token)


def failure_subject(key: bytes, username: str, ip: str) -> bytes:
    """Under what failed logins are counted; no name is stored, for people type passwords there."""
    return _digest(key, "failure", f"{username}\n{ip}")


def csrf_token(key: bytes, token: str) -> str:
    """What a page of this session must send with each write, beside the cookie."""
    return _digest(key, "csrf", token).hex()


def is_csrf_token(key: bytes, token: str, given: str) -> bool:
    return hmac.compare_digest(csrf_token(key, token).encode(), given.encode())


def _digest(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\n{text}".encode(), "sha256")
