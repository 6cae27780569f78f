"""The secrets of one local stack: made once, kept in its folder, readable by its owner alone."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import TypeAdapter

from contracts import sealing
from paymesh_local import private_file

DATABASE_ROLES: Final = ("postgres", "trade_core", "merchant_admin", "notifier")


@dataclass(frozen=True, slots=True)
class Keyring:
    service_token: str
    admin_password: str
    session_key: str
    checkout_key: str
    database_passwords: dict[str, str]
    gateway_sealing: sealing.KeyPair
    notifier_sealing: sealing.KeyPair

    @classmethod
    def kept_in(cls, path: Path) -> Self:
        """The secrets of this file; new ones are written to it where there is none."""
        if not path.exists():
            private_file.write(path, json.dumps(asdict(cls._new()), indent=1))
        return TypeAdapter(cls).validate_json(path.read_text())

    @classmethod
    def _new(cls) -> Self:
        return cls(
            service_token=secrets.token_urlsafe(32),
            admin_password=secrets.token_urlsafe(12),
            session_key=secrets.token_urlsafe(32),
            checkout_key=secrets.token_urlsafe(32),
            database_passwords={name: secrets.token_urlsafe(24) for name in DATABASE_ROLES},
            gateway_sealing=sealing.generate(),
            notifier_sealing=sealing.generate(),
        )
