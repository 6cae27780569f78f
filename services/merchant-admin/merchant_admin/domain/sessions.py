"""Sessions of people: random tokens of which only a keyed digest is stored."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Role

SESSION_COOKIE: Final = "paymesh_session"
HOST_SESSION_COOKIE: Final = "__Host-paymesh_session"
"""Behind https: a browser takes it for this very host only, over TLS only."""

LIFETIME: Final = timedelta(hours=8)
"""A working day."""

IDLE_LIMIT: Final = timedelta(minutes=15)
"""Whoever leaves their desk is logged out."""

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is noted when a session was used last: not every request writes."""


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long a session lasts at most, and how long unused."""

    lifetime: timedelta = LIFETIME
    idle_limit: timedelta = IDLE_LIMIT


@dataclass(frozen=True, slots=True)
class NewSession:
    """Given out once; `access_token` is stored nowhere."""

    username: str
    access_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """`role` and `scope`: those they have now."""

    username: str
    expires_at: datetime
    role: Role
    scope: Scope
    seen_at: datetime


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_digests(keys: Sequence[bytes], token: str) -> list[bytes]:
    """What the database knows of a token: by the first key if it is new, else by any of them."""
    return [_digest(key, "token", token) for key in keys]


def csrf_token(keys: Sequence[bytes], token: str) -> str:
    """What a page of this session must send with each write, beside the cookie."""
    return _digest(keys[0], "csrf", token).hex()


def is_csrf_token(keys: Sequence[bytes], token: str, given: str) -> bool:
    return any(
        hmac.compare_digest(csrf_token([key], token).encode(), given.encode()) for key in keys
    )


def _digest(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\n{text}".encode(), "sha256")
