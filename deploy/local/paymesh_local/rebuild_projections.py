"""`make rebuild-projections`: the read model of the stack that runs here, made anew from the log.

Where PAYMESH_DATABASE_URL is given, with the environment as it is.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from paymesh_local.demo_file import NAME
from paymesh_local.keyring import Keyring
from paymesh_local.stack import OWNERS

COMMAND = (sys.executable, "-m", "merchant_admin.rebuild_projections")


def environment_of(given: Mapping[str, str]) -> dict[str, str]:
    """What it is told; by the operator's token, which opens all of this one machine."""
    if "PAYMESH_DATABASE_URL" in given:
        return dict(given)
    folder = Path(given.get("PAYMESH_LOCAL_DIR", ".local"))
    demo = json.loads((folder / NAME).read_text())
    owners = json.loads((folder / OWNERS).read_text())
    return {
        **given,
        "PAYMESH_DATABASE_URL": owners["merchant_admin"],
        "PAYMESH_TRADE_CORE_URL": demo["private_urls"]["trade-core"],
        "PAYMESH_TRADE_CORE_TOKEN": Keyring.kept_in(folder / "secrets.json").service_token,
    }


if __name__ == "__main__":
    os.execve(COMMAND[0], COMMAND, environment_of(os.environ))
