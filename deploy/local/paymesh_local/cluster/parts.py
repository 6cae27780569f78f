"""What the judge is made of: an API server, etcd, and what operators teach a cluster.

The API server is built with Go from its published modules, once, into a cache folder outside the
repository.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from paymesh_local.cluster import definitions
from paymesh_local.cluster.definitions import SOURCE
from paymesh_local.commands import run


@dataclass(frozen=True, slots=True)
class Parts:
    api_server: Path
    etcd: Path
    definitions: Path
    """A folder of CustomResourceDefinitions."""

    @classmethod
    def kept_in(cls, folder: Path) -> Self:
        etcd = shutil.which("etcd") or folder / "usr" / "bin" / "etcd"
        return cls(folder / "kube-apiserver", Path(etcd), folder / "definitions")

    def absent(self) -> list[str]:
        """What is not there yet, in words for the person at the terminal."""
        there = {
            "kube-apiserver": self.api_server.exists(),
            "etcd": self.etcd.exists(),
            "the definitions of operators' kinds": definitions.complete(self.definitions),
            "kubectl": shutil.which("kubectl") is not None,
        }
        return [what for what, is_there in there.items() if not is_there]


def folder() -> Path:
    """Where the parts are kept, on every run the same."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "paymesh" / "kubernetes"


def build(kept: Path) -> None:
    """Make what is missing: about 13 minutes of CPU from nothing.

    Raises:
        CannotRun: a tool is not here (Go 1.24, Maven, Java), or something could not be fetched.
    """
    kept.mkdir(parents=True, exist_ok=True)
    parts = Parts.kept_in(kept)
    if not parts.api_server.exists():
        built = ("-trimpath", "-ldflags=-s -w", "-o", str(parts.api_server), ".")
        run("go", "build", *built, cwd=SOURCE)
    if not definitions.complete(parts.definitions):
        definitions.collect(parts.definitions)
    if not parts.etcd.exists():
        _unpack_etcd(kept)


def _unpack_etcd(kept: Path) -> None:
    """Debian's, beside the system rather than in it."""
    with tempfile.TemporaryDirectory() as here:
        run("apt-get", "download", "etcd-server", cwd=Path(here))
        (package,) = Path(here).glob("etcd-server*.deb")
        run("dpkg-deb", "-x", str(package), str(kept), cwd=Path(here))
