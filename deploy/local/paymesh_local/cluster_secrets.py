"""`make secrets FOLDER=…`: an overlay of one's own for a cluster, with all its secrets.

Written once, readable by its owner alone; a folder that has one is left as it is. What is to be
changed by hand stands in its `kustomization.yaml`: addresses, and where the images are.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from paymesh_local import private_file
from paymesh_local.compose_secrets import new_secrets, token_name
from paymesh_local.keyring import CALLERS
from paymesh_local.manifests import OVERLAYS, SERVICES

NAMESPACE: Final = "paymesh"
DATABASES: Final = {
    "trade-core": ("trade_core", "trade_core"),
    "merchant-admin": ("merchant_admin", "merchant_admin"),
    "merchant-admin-owner": ("merchant_admin_owner", "merchant_admin"),
    "notifier": ("notifier", "notifier"),
}
"""By the Secret: a role, and the database that it works in."""

OWNERS: Final = {
    "trade-core-migrations": "trade-core",
    "merchant-admin-owner": "merchant-admin-owner",
    "notifier-migrations": "notifier",
}
"""Secrets of the Jobs: whose role in `DATABASES` they work as. Their names carry no hash, because a
cluster refuses a Job that has run and is to read another Secret."""

SERVER: Final = "postgres-rw:5432"
"""As examples/postgres.yaml is reached; its certificate is verified."""

TLS: Final = "sslmode=verify-full&sslrootcert=/etc/postgres/ca/ca.crt"
HEAD: Final = """\
# Paymesh in your cluster: `kubectl apply -k` this folder. Change addresses and registry. The other
# files are secret: keep the folder out of what others read, and a copy of it elsewhere.
"""


def write(folder: Path) -> None:
    """Make the folder's files from new secrets."""
    overlay = folder / "kustomization.yaml"
    if overlay.exists():
        print(f"{overlay} is there already; delete the folder to make new secrets")
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    new = new_secrets()
    files = {**_of_services(new), **_of_roles(new)}
    for name, values in files.items():
        lines = "".join(f"{key}={value}\n" for key, value in values.items())
        private_file.write(folder / f"{name}.env", lines)
    production = os.path.relpath(OVERLAYS / "production", folder)
    shown = yaml.safe_dump(kustomization(new, production), sort_keys=False, width=10_000)
    overlay.write_text(HEAD + shown)
    print(f"wrote {overlay}, and {len(files)} files of secrets beside it")


def kustomization(new: Mapping[str, str], production: str) -> dict[str, Any]:
    """`production`: the overlay to build on, as a path from the folder."""
    secrets: list[dict[str, Any]] = [
        {"name": f"paymesh-{name}", "namespace": NAMESPACE, "envs": [f"{name}.env"]}
        for name in SERVICES
    ]
    secrets += [
        {
            "name": f"paymesh-{name}",
            "namespace": NAMESPACE,
            "envs": [f"{name}.env"],
            "options": {"disableNameSuffixHash": True},
        }
        for name in OWNERS
    ]
    secrets += [
        {
            "name": f"postgres-{name}",
            "namespace": NAMESPACE,
            "type": "kubernetes.io/basic-auth",
            "envs": [f"postgres-{name}.env"],
            "options": {"disableNameSuffixHash": True},
        }
        for name in DATABASES
    ]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": [production],
        "images": [
            {"name": f"paymesh/{each}", "newName": f"registry.example.com/paymesh/{each}"}
            for each in SERVICES
        ],
        "configMapGenerator": [
            {
                "name": service,
                "namespace": NAMESPACE,
                "behavior": "merge",
                "literals": [f"{key}={value}" for key, value in values.items()],
            }
            for service, values in _public(new).items()
        ],
        "secretGenerator": secrets,
    }


def _public(new: Mapping[str, str]) -> dict[str, dict[str, str]]:
    proven = {"PAYMESH_CONFIGURATION_PUBLIC_KEYS": new["CONFIGURATION_PUBLIC_KEYS"]}
    proxies = {"PAYMESH_TRUSTED_PROXIES": "10.0.0.0/8"}
    addresses = {
        "PAYMESH_PUBLIC_URL": "https://pay.example.com",
        "PAYMESH_CASHIER_URL": "https://cashier.example.com",
    }
    sealed_to = ("GATEWAY_SEALING_PUBLIC_KEY", "NOTIFIER_SEALING_PUBLIC_KEY")
    return {
        "gateway": {**addresses, **proxies, **proven},
        "trade-core": proven,
        "merchant-admin": {
            "PAYMESH_CONSOLE_URL": "https://admin.example.com",
            **proxies,
            **{f"PAYMESH_{name}": new[name] for name in sealed_to},
        },
        "notifier": proven,
        "cashier": proxies,
    }


def _of_services(new: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What each Secret `paymesh-…` holds."""
    files: dict[str, dict[str, str]] = {name: {} for name in (*SERVICES, *OWNERS)}
    for called, callers in CALLERS.items():
        tokens = {caller: new[token_name(caller, called)] for caller in callers}
        accepted = ",".join(f"{caller}:{token}" for caller, token in tokens.items())
        files[called]["PAYMESH_ACCEPTED_TOKENS"] = accepted
        for caller, token in tokens.items():
            files[caller][f"PAYMESH_{called.replace('-', '_').upper()}_TOKEN"] = token
    services = [(name, name) for name in SERVICES if name in DATABASES]
    for name, whose in (*services, *OWNERS.items()):
        role, database = DATABASES[whose]
        user = f"{role}:{new[_password(role)]}"
        files[name]["PAYMESH_DATABASE_URL"] = f"postgresql://{user}@{SERVER}/{database}?{TLS}"
    for service, names in _KEYS.items():
        files[service] |= {f"PAYMESH_{name}": new[of] for name, of in names.items()}
    return files


_KEYS: Final = {
    "gateway": {
        "SEALING_KEY": "GATEWAY_SEALING_KEY",
        "CHECKOUT_KEY": "CHECKOUT_KEY",
        "RECORD_KEYS": "RECORD_KEYS",
    },
    "trade-core": {"RECORD_KEYS": "RECORD_KEYS"},
    "merchant-admin": {
        "ADMIN_PASSWORD": "ADMIN_PASSWORD",
        "SESSION_KEY": "SESSION_KEY",
        "CONFIGURATION_KEY": "CONFIGURATION_KEY",
    },
    "notifier": {"SEALING_KEY": "NOTIFIER_SEALING_KEY"},
}


def _of_roles(new: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What PostgreSQL's operator is told of the roles."""
    return {
        f"postgres-{name}": {"username": role, "password": new[_password(role)]}
        for name, (role, _) in DATABASES.items()
    }


def _password(role: str) -> str:
    return f"{role.upper()}_DATABASE_PASSWORD"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
