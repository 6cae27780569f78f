"""The secrets of one local stack: made once, kept in its folder, readable by its owner alone."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

from pydantic import TypeAdapter

from contracts import record_proof, sealing
from paymesh_local import private_file

CALLERS: Final = {
    "gateway": ("merchant-admin", "cashier"),
    "trade-core": ("gateway", "merchant-admin"),
    "notifier": ("gateway", "merchant-admin", "trade-core", "cashier"),
}
"""Who of the services calls whom: each pair has a token of its own."""

DATABASE_ROLES: Final = ("postgres", "trade_core", "merchant_admin", "notifier")


@dataclass(frozen=True, slots=True)
class Keyring:
    """`service_token`: the operator's, which opens all of this one machine. `tokens`: by who is
    called and who calls."""

    service_token: str
    tokens: dict[str, dict[str, str]]
    admin_password: str
    session_key: str
    checkout_key: str
    record_key: str
    database_passwords: dict[str, str]
    gateway_sealing: sealing.KeyPair
    notifier_sealing: sealing.KeyPair
    configuration_signing: sealing.KeyPair

    @classmethod
    def kept_in(cls, path: Path) -> Self:
        """The secrets of this file; those that it has not are made, and written to it."""
        kept = json.loads(path.read_text()) if path.exists() else {}
        new = asdict(cls._new())
        tokens = {
            called: {**of_caller, **kept.get("tokens", {}).get(called, {})}
            for called, of_caller in new["tokens"].items()
        }
        whole = {**new, **kept, "tokens": tokens}
        keyring = TypeAdapter(cls).validate_python(whole)
        if whole != kept:
            keyring.keep_in(path)
        return keyring

    def keep_in(self, path: Path) -> None:
        private_file.write(path, json.dumps(asdict(self), indent=1))

    def with_new_sealing_keys(self) -> Self:
        """What is sealed now goes to new keys; what was sealed before still opens."""
        return replace(
            self,
            gateway_sealing=_before(self.gateway_sealing),
            notifier_sealing=_before(self.notifier_sealing),
        )

    def without_old_sealing_keys(self) -> Self:
        return replace(
            self,
            gateway_sealing=_newest(self.gateway_sealing),
            notifier_sealing=_newest(self.notifier_sealing),
        )

    @classmethod
    def _new(cls) -> Self:
        return cls(
            service_token=secrets.token_urlsafe(32),
            tokens={
                called: {caller: secrets.token_urlsafe(32) for caller in callers}
                for called, callers in CALLERS.items()
            },
            admin_password=secrets.token_urlsafe(12),
            session_key=secrets.token_urlsafe(32),
            checkout_key=secrets.token_urlsafe(32),
            record_key=secrets.token_urlsafe(32),
            database_passwords={name: secrets.token_urlsafe(24) for name in DATABASE_ROLES},
            gateway_sealing=sealing.generate(),
            notifier_sealing=sealing.generate(),
            configuration_signing=record_proof.generate(),
        )


def _before(old: sealing.KeyPair) -> sealing.KeyPair:
    new = sealing.generate()
    return sealing.KeyPair(f"{new.private_key},{old.private_key}", new.public_key)


def _newest(pair: sealing.KeyPair) -> sealing.KeyPair:
    return sealing.KeyPair(pair.private_key.split(",")[0], pair.public_key)
