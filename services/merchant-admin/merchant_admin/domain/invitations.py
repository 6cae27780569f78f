"""Invitations: a link with which somebody sets a password of their own, once."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

GOOD_FOR: Final = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Shown once; `token` is stored nowhere."""

    username: str
    token: str = field(repr=False)
    expires_at: datetime


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What the database knows of a token, which nobody can guess: a plain digest will do."""
    return hashlib.sha256(f"invitation\n{token}".encode()).digest()
