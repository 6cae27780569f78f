"""Sessions of people: random tokens of which only a keyed digest is stored."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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

FRESH_FOR: Final = timedelta(minutes=10)
"""Since somebody proved who they are: after that it is asked for again before what is grave."""

TICKET_GOOD_FOR: Final = timedelta(minutes=5)
"""Between the password and the code of the second factor."""

STAMP_DIGITS: Final = 10
"""Seconds until the year 2286."""

MAX_USER_AGENT_CHARS: Final = 256

BROWSER_PREFIX: Final = "pmb_"
"""Of a token that a page was logged in with: only as a cookie does it open anything. Shown as a
bearer token it would be taken for a program's, which is never asked again who it is."""

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
    """`role` and `scope`: those they have now. `authenticated_at`: when they last proved who
    they are."""

    session_id: str
    username: str
    expires_at: datetime
    role: Role
    scope: Scope
    seen_at: datetime
    authenticated_at: datetime
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a list; `user_agent`: what the browser or program called itself."""

    session_id: str
    ip: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def new_token(*, is_browser: bool = False) -> str:
    return (BROWSER_PREFIX if is_browser else "") + secrets.token_urlsafe(32)


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


def new_ticket(key: bytes, username: str, password_hash: str, until: datetime) -> str:
    """Tells for a few minutes that this password of theirs was right."""
    stamp = f"{int(until.timestamp())}"
    signed = f"{username}\n{password_hash}\n{stamp}"
    return f"{stamp}.{_digest(key, 'ticket', signed).hex()}"


def is_ticket(
    keys: Sequence[bytes], username: str, password_hash: str, given: str, now: datetime
) -> bool:
    stamp, _, _ = given.partition(".")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > STAMP_DIGITS:
        return False
    until = datetime.fromtimestamp(int(stamp), UTC)
    return until > now and any(
        hmac.compare_digest(
            new_ticket(key, username, password_hash, until).encode(), given.encode()
        )
        for key in keys
    )


def _digest(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\n{text}".encode(), "sha256")
