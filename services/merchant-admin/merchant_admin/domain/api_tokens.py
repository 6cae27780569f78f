"""Tokens with which machines call the admin API: each with a role, a scope and an end."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Right, Role

PREFIX: Final = "pmt_"
"""Tells what it is, to people who find one and to programs that look for leaked ones."""

MAKERS: Final = tuple(role for role in Role if role.may(Right.ADMINISTER))
"""Who makes tokens, and answers for what they do: no longer than they are one of these."""

MAX_LIFETIME: Final = timedelta(days=366)
USED_EVERY: Final = timedelta(minutes=1)
"""How exactly it is noted when a token was used last: not every request writes."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`created_by`: who answers for what it does."""

    token_id: str
    name: str
    role: Role
    scope: Scope
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def username(self) -> str:
        """What the audit calls it; no person has such a name."""
        return f"token:{self.token_id}"

    def recorded(self) -> dict[str, object]:
        return {
            "name": self.name,
            "role": self.role.value,
            "merchant_ids": self.scope.parameter,
            "expires_at": self.expires_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class ShownToken:
    """`secret` is shown once and stored nowhere."""

    token: ApiToken
    secret: str = field(repr=False)


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """What the database knows of it; nobody can guess one, so a plain digest will do."""
    return hashlib.sha256(f"api token\n{secret}".encode()).digest()
