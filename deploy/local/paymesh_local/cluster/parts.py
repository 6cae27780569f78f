"""What the judge is made of: an API server, etcd, and what operators teach a cluster.

The API server is built with Go from its published modules, once, into a cache folder outside the
repository; the definitions of operators' kinds come with the operators' own modules.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paymesh_local.failure import CannotRun
from paymesh_local.paths import REPOSITORY

SOURCE: Final = REPOSITORY / "deploy" / "k8s" / "judge"
OPERATORS: Final[Mapping[str, str]] = {
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd",
    "github.com/external-secrets/external-secrets@v0.16.2": "config/crds/bases",
    "github.com/kedacore/keda/v2@v2.16.1": "config/crd/bases",
}
"""The module of each operator, and the folder in it that defines its kinds."""

DEFINED_BY_THEM: Final = (
    "monitoring.coreos.com_prometheusrules.yaml",
    "monitoring.coreos.com_servicemonitors.yaml",
    "external-secrets.io_externalsecrets.yaml",
    "keda.sh_scaledobjects.yaml",
    "keda.sh_triggerauthentications.yaml",
)


@dataclass(frozen=True, slots=True)
class Parts:
    api_server: Path
    etcd: Path
    definitions: Path
    """A folder of CustomResourceDefinitions."""


def folder() -> Path:
    """Where the parts are kept, on every run the same."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "paymesh" / "kubernetes"


def found(kept: Path) -> Parts | None:
    """The parts, where all are there."""
    etcd = shutil.which("etcd") or str(kept / "usr" / "bin" / "etcd")
    parts = Parts(kept / "kube-apiserver", Path(etcd), kept / "definitions")
    there = all(each.exists() for each in (parts.api_server, parts.etcd, parts.definitions))
    return parts if there and shutil.which("kubectl") else None


def build(kept: Path) -> None:
    """Make what is missing: about 13 minutes of CPU from nothing.

    Raises:
        CannotRun: no Go here, or something could not be fetched.
    """
    if not shutil.which("go"):
        raise CannotRun("Building the API server takes Go (1.24 or newer)")
    kept.mkdir(parents=True, exist_ok=True)
    if not (kept / "kube-apiserver").exists():
        _go("build", "-trimpath", "-ldflags=-s -w", "-o", str(kept / "kube-apiserver"), ".")
    if not (kept / "definitions").exists():
        _collect(kept / "definitions")
    if not shutil.which("etcd") and not (kept / "usr" / "bin" / "etcd").exists():
        _unpack_etcd(kept)


def _collect(target: Path) -> None:
    half = Path(tempfile.mkdtemp(dir=target.parent))
    for module, where in OPERATORS.items():
        fetched = json.loads(_go("mod", "download", "-json", module))
        for name in DEFINED_BY_THEM:
            definition = Path(fetched["Dir"]) / where / name
            if definition.exists():
                shutil.copyfile(definition, half / name)
    half.rename(target)


def _unpack_etcd(kept: Path) -> None:
    """Debian's, beside the system rather than in it."""
    with tempfile.TemporaryDirectory() as here:
        _run("apt-get", "download", "etcd-server", cwd=Path(here))
        (package,) = Path(here).glob("etcd-server*.deb")
        _run("dpkg-deb", "-x", str(package), str(kept), cwd=Path(here))


def _go(*arguments: str) -> str:
    return _run("go", *arguments, cwd=SOURCE)


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"`{' '.join(command)}` failed", done.stderr[-2000:])
    return done.stdout
