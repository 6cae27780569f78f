"""`make rotate-sealing`: `merchant_admin.rotate_sealing` for the stack that runs here, or, where
PAYMESH_DATABASE_URL is given, with the environment as it is.

Before, `.local/secrets.json` holds a new pair: its private key in front of the old one, separated
by a comma, and its public key alone; `make run` is started again with it. Afterwards the old
private key is taken out.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from paymesh_local.demo_file import NAME
from paymesh_local.keyring import Keyring

COMMAND = (sys.executable, "-m", "merchant_admin.rotate_sealing")


def environment(local_dir: Path) -> dict[str, str]:
    """What it is told; by the operator's token, which opens all of this one machine."""
    demo = json.loads((local_dir / NAME).read_text())
    keyring = Keyring.kept_in(local_dir / "secrets.json")
    return {
        "PAYMESH_DATABASE_URL": demo["database_urls"]["merchant_admin"],
        "PAYMESH_GATEWAY_URL": demo["private_urls"]["gateway"],
        "PAYMESH_GATEWAY_TOKEN": keyring.service_token,
        "PAYMESH_NOTIFIER_URL": demo["private_urls"]["notifier"],
        "PAYMESH_NOTIFIER_TOKEN": keyring.service_token,
        "PAYMESH_GATEWAY_SEALING_PUBLIC_KEY": keyring.gateway_sealing.public_key,
        "PAYMESH_NOTIFIER_SEALING_PUBLIC_KEY": keyring.notifier_sealing.public_key,
    }


def told(given: Mapping[str, str]) -> dict[str, str]:
    if "PAYMESH_DATABASE_URL" in given:
        return dict(given)
    return {**given, **environment(Path(given.get("PAYMESH_LOCAL_DIR", ".local")))}


if __name__ == "__main__":
    os.execve(COMMAND[0], COMMAND, told(os.environ))
