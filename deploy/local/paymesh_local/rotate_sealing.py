"""`make rotate-sealing`: exchange the sealing keys of the stack that runs here, in three steps.

`--new-keys` puts a new pair before the old one into `secrets.json`; `make run` is started again.
Without an option everything is sealed to the newest keys by `merchant_admin.rotate_sealing`; where
PAYMESH_DATABASE_URL is given, with the environment as it is. `--forget-old` takes the old private
keys out; `make run` is started again.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from paymesh_local.demo_file import NAME
from paymesh_local.keyring import Keyring

COMMAND = (sys.executable, "-m", "merchant_admin.rotate_sealing")
START_AGAIN = "Now stop make run and start it again."


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


def environment_of(given: Mapping[str, str]) -> dict[str, str]:
    if "PAYMESH_DATABASE_URL" in given:
        return dict(given)
    return {**given, **environment(_folder(given))}


def main(arguments: Sequence[str], given: Mapping[str, str]) -> None:
    secrets_file = _folder(given) / "secrets.json"
    match arguments:
        case []:
            os.execve(COMMAND[0], COMMAND, environment_of(given))
        case ["--new-keys"]:
            Keyring.kept_in(secrets_file).with_new_sealing_keys().keep_in(secrets_file)
            print(f"Both services are given a second key. {START_AGAIN}")
        case ["--forget-old"]:
            Keyring.kept_in(secrets_file).without_old_sealing_keys().keep_in(secrets_file)
            print(f"The old keys are forgotten. {START_AGAIN}")
        case _:
            sys.exit(f"unknown: {' '.join(arguments)}; --new-keys, nothing, or --forget-old")


def _folder(given: Mapping[str, str]) -> Path:
    return Path(given.get("PAYMESH_LOCAL_DIR", ".local"))


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
