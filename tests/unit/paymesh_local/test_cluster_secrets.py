"""`make secrets FOLDER=…` gives a cluster all that the services must be told, each made anew."""

import base64
import os
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic_settings import BaseSettings

from cashier.settings import CashierSettings
from chassis import settings
from contracts import record_proof, sealing
from gateway.settings import GatewaySettings
from merchant_admin.settings import AdminSettings
from notifier.settings import NotifierSettings
from paymesh_local import cluster_secrets
from paymesh_local.manifests import BASE
from trade_core.settings import TradeCoreSettings

SETTINGS: Final[dict[str, type[BaseSettings]]] = {
    "gateway": GatewaySettings,
    "trade-core": TradeCoreSettings,
    "merchant-admin": AdminSettings,
    "notifier": NotifierSettings,
    "cashier": CashierSettings,
}
HOLDS: Final = re.compile(
    r"^# The Secret paymesh-\S+ is made .*? holds$\n((?:# PAYMESH_.*\n)+)", re.M
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cluster") / "mine"
    cluster_secrets.write(made)
    return made


def kustomization(folder: Path) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text())
    return made


def pairs(lines: list[str]) -> dict[str, str]:
    given = [line for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in (line.partition("=") for line in given)}


def environment_of(folder: Path, service: str) -> dict[str, str]:
    """All that a pod of this service finds in its environment."""
    [merged] = [it for it in kustomization(folder)["configMapGenerator"] if it["name"] == service]
    base = pairs((BASE / "config" / f"{service}.env").read_text().splitlines())
    secret = pairs((folder / f"{service}.env").read_text().splitlines())
    return {**base, **pairs(merged["literals"]), **secret}


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_has_all_its_settings(
    service: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in environment_of(folder, service).items():
        assert "replace-with" not in value, name
        monkeypatch.setenv(name, value)
    settings.load(SETTINGS[service])


@pytest.mark.parametrize("service", SETTINGS)
def test_a_secret_holds_what_its_manifest_says(service: str, folder: Path) -> None:
    [holds] = HOLDS.findall((BASE / f"{service}.yaml").read_text())
    named = set(re.findall(r"PAYMESH_\w+", holds.partition("# It may")[0]))
    assert pairs((folder / f"{service}.env").read_text().splitlines()).keys() == named


def test_keys_fit_each_other(folder: Path) -> None:
    gateway, admin = environment_of(folder, "gateway"), environment_of(folder, "merchant-admin")
    assert (
        gateway["PAYMESH_RECORD_KEYS"]
        == environment_of(folder, "trade-core")["PAYMESH_RECORD_KEYS"]
    )
    assert f"merchant-admin:{admin['PAYMESH_GATEWAY_TOKEN']}" in gateway["PAYMESH_ACCEPTED_TOKENS"]
    for service in ("gateway", "notifier"):
        public = admin[f"PAYMESH_{service.upper()}_SEALING_PUBLIC_KEY"]
        sealed = sealing.seal(public, "secret", context="C1")
        private = environment_of(folder, service)["PAYMESH_SEALING_KEY"]
        assert sealing.Opener.of(private).open(sealed, context="C1") == "secret"
    signing = record_proof.signing_key(admin["PAYMESH_CONFIGURATION_KEY"])
    known = gateway["PAYMESH_CONFIGURATION_PUBLIC_KEYS"]
    assert base64.b64decode(known) == signing.public_bytes()


def test_jobs_read_secrets_whose_names_do_not_change(folder: Path) -> None:
    """A cluster refuses a Job that has run and reads another Secret than before."""
    jobs = yaml.safe_load_all((BASE / "migrations" / "jobs.yaml").read_text())
    read = {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for job in jobs
        for variable in job["spec"]["template"]["spec"]["containers"][0]["env"]
        if "valueFrom" in variable
    }
    example = yaml.safe_load((BASE.parent / "examples/secrets/kustomization.yaml").read_text())
    for generators in (kustomization(folder)["secretGenerator"], example["secretGenerator"]):
        kept = {
            each["name"]
            for each in generators
            if each.get("options", {}).get("disableNameSuffixHash")
        }
        assert read == {name for name in kept if name.startswith("paymesh-")}


def test_postgres_is_told_of_the_roles_that_services_log_in_as(folder: Path) -> None:
    example = (BASE.parent / "examples" / "postgres.yaml").read_text()
    cluster, *others = yaml.safe_load_all(example)
    roles = {
        each["passwordSecret"]["name"]: each["name"] for each in cluster["spec"]["managed"]["roles"]
    }
    owners = {
        each["spec"]["name"]: each["spec"]["owner"] for each in others if "owner" in each["spec"]
    }
    generators = kustomization(folder)["secretGenerator"]
    assert roles.keys() <= {each["name"] for each in generators}
    for secret, role in roles.items():
        given = pairs((folder / f"{secret}.env").read_text().splitlines())
        service = secret.removeprefix("postgres-")
        url = pairs((folder / f"{service}.env").read_text().splitlines())["PAYMESH_DATABASE_URL"]
        assert given["username"] == role
        assert f"//{role}:{given['password']}@postgres-rw:5432/" in url
    assert owners == {
        "trade_core": "trade_core",
        "merchant_admin": "merchant_admin_owner",
        "notifier": "notifier",
    }


def test_secrets_are_made_once_and_for_their_owner_alone(folder: Path) -> None:
    before = {file.name: file.read_text() for file in folder.iterdir()}
    cluster_secrets.write(folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.glob("*.env")} == {0o600}
