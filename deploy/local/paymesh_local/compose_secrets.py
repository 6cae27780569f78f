"""`make secrets`: what `deploy/compose.yaml` must be told and nobody should make up by hand.

Written once to `deploy/.env`, readable by its owner alone; an existing file is left as it is.
"""

import secrets
from pathlib import Path
from typing import Final

from contracts import record_proof, sealing
from paymesh_local import private_file
from paymesh_local.keyring import CALLERS
from paymesh_local.paths import REPOSITORY

FILE: Final = REPOSITORY / "deploy" / ".env"


def main(path: Path = FILE) -> None:
    if path.exists():
        print(f"{path} is there already; delete it to make new secrets")
        return
    private_file.write(path, "".join(f"{name}={it}\n" for name, it in new_secrets().items()))
    print(f"wrote {path}")


def new_secrets() -> dict[str, str]:
    """By the names that compose.yaml reads."""
    gateway, notifier = sealing.generate(), sealing.generate()
    configuration = record_proof.generate()
    return {
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "TRADE_CORE_DATABASE_PASSWORD": secrets.token_hex(24),
        "MERCHANT_ADMIN_DATABASE_PASSWORD": secrets.token_hex(24),
        "MERCHANT_ADMIN_OWNER_DATABASE_PASSWORD": secrets.token_hex(24),
        "NOTIFIER_DATABASE_PASSWORD": secrets.token_hex(24),
        **{
            token_name(caller, called): secrets.token_urlsafe(32)
            for called, callers in CALLERS.items()
            for caller in callers
        },
        "CHECKOUT_KEY": secrets.token_urlsafe(32),
        "SESSION_KEY": secrets.token_urlsafe(32),
        "ADMIN_PASSWORD": secrets.token_urlsafe(12),
        "RECORD_KEYS": secrets.token_urlsafe(32),
        "CONFIGURATION_KEY": configuration.private_key,
        "CONFIGURATION_PUBLIC_KEYS": configuration.public_key,
        "GATEWAY_SEALING_KEY": gateway.private_key,
        "GATEWAY_SEALING_PUBLIC_KEY": gateway.public_key,
        "NOTIFIER_SEALING_KEY": notifier.private_key,
        "NOTIFIER_SEALING_PUBLIC_KEY": notifier.public_key,
    }


def token_name(caller: str, called: str) -> str:
    """Of the token by which one service calls another."""
    return f"TOKEN_OF_{caller}_FOR_{called}".replace("-", "_").upper()


if __name__ == "__main__":
    main()
