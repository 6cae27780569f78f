"""The second factor of people: codes of an authenticator app (TOTP), and those for a lost phone.

Source: RFC 6238, github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyotp

from merchant_admin.domain.users import Right, Role

ISSUER: Final = "Paymesh"
STEP_S: Final = 30
STEPS_OFF: Final = 1
"""Clocks of phones differ, and people type slowly."""

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
"""80 bits: nobody finds one from its digest."""

MAX_GUESSES: Final = 5
"""Wrong codes of one user in `guessing.WINDOW`, from wherever: whoever guesses has the password."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is told, once; `uri` is also what its QR code says."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)

    @classmethod
    def of(cls, secret: str, username: str) -> "Enrolment":
        uri = pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(
            name=username, issuer_name=ISSUER
        )
        return cls(secret, uri)


def is_needed_by(role: Role) -> bool:
    """Whoever configures the centre, decides about money or moves it."""
    return any(map(role.may, (Right.ADMINISTER, Right.DECIDE, Right.REFUND)))


def new_secret() -> str:
    return pyotp.random_base32()


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """Which 30 seconds the code is of, if it is of these or of a neighbour's."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    this = int(now.timestamp()) // STEP_S
    for step in range(this - STEPS_OFF, this + STEPS_OFF + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def new_recovery_codes() -> tuple[str, ...]:
    """As people write them down: `abcd-efgh-ijkl-mnop`."""
    return tuple(_grouped(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))


def recovery_digest(username: str, code: str) -> bytes:
    """However it is typed: capitals, spaces and dashes are nothing."""
    plain = "".join(filter(str.isalnum, code.casefold()))
    return hashlib.sha256(f"recovery\n{username}\n{plain}".encode()).digest()


def _grouped(raw: bytes) -> str:
    text = b32encode(raw).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
