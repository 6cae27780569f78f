"""buildah with a store of its own: no daemon, and nothing of the kernel but a changed root."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from paymesh_local.commands import run

ISOLATED: Final = ("--isolation", "chroot", "--network", "host")
"""Steps of a build run in a changed root only, so that no namespace has to be had."""

SHARED_WITH_BUILDS: Final = ("/etc/ssl/certs", "/etc/pip.conf", "/etc/uv/uv.toml")
"""Whom this machine trusts and where it finds packages; steps see it, images do not keep it."""

NEEDED: Final = {"buildah": "buildah", "setpriv": "util-linux", "unshare": "util-linux"}
"""Programs, and the packages of Debian that have them."""


def absent() -> list[str]:
    """What is not there, in words for the person at the terminal."""
    found = [
        f"{program} (package {package})"
        for program, package in NEEDED.items()
        if shutil.which(program) is None
    ]
    return found if os.geteuid() == 0 else [*found, "root, who may change the root of a program"]


@dataclass(frozen=True, slots=True)
class Image:
    """`environment`, `command`, `user`: what a container of it starts with."""

    name: str
    environment: dict[str, str]
    command: tuple[str, ...]
    user: str

    @classmethod
    def of(cls, inspected: dict[str, Any]) -> Self:
        """As `buildah inspect --type image` tells it."""
        config = inspected["OCIv1"]["config"]
        return cls(
            name=inspected["FromImage"],
            environment=dict(pair.split("=", 1) for pair in config.get("Env", ())),
            command=(*config.get("Entrypoint", ()), *config.get("Cmd", ())),
            user=config.get("User", ""),
        )


class Buildah:
    """All methods block, and raise CannotRun."""

    def __init__(self, store: Path) -> None:
        place = ("--root", str(store / "storage"), "--runroot", str(store / "run"))
        self._program = ("buildah", *place, "--storage-driver", "vfs")

    def has(self, image: str) -> bool:
        return image in json.dumps(json.loads(self._run("images", "--json") or "null"))

    def build(self, image: str, file: Path, context: Path, *, base: str | None) -> None:
        """`base`: instead of the one that the file names; pulled where it is not in the store."""
        arguments = ("--build-arg", f"BASE={base}") if base else ()
        shared = [
            word
            for path in SHARED_WITH_BUILDS
            if Path(path).exists()
            for word in ("--volume", f"{path}:{path}:ro")
        ]
        self._run(
            "build", *ISOLATED, *arguments, *shared, "--quiet", "--pull=false",
            "--file", str(file), "--tag", image, str(context),
        )  # fmt: skip

    def save(self, image: str, file: Path) -> None:
        """As an archive that `docker load` and `skopeo copy` read."""
        file.unlink(missing_ok=True)
        self._run("push", "--quiet", image, f"docker-archive:{file}:{image}")

    def megabytes(self, image: str) -> int:
        """Of the layers that are its own: the last one, with all that the service needs."""
        manifest = json.loads(self._run("inspect", "--type", "image", image))["Manifest"]
        return round(int(json.loads(manifest)["layers"][-1]["size"]) / 1e6)

    def inspect(self, image: str) -> Image:
        return Image.of(json.loads(self._run("inspect", "--type", "image", image)))

    @contextmanager
    def mounted(self, image: str) -> Iterator[Path]:
        """The root of a container made from the image, as long as the block lasts."""
        container = self._run("from", "--pull-never", image).strip()
        try:
            yield Path(self._run("mount", container).strip())
        finally:
            self._run("rm", container)

    @contextmanager
    def from_nothing(self, image: str, **environment: str) -> Iterator[Path]:
        """An empty root to be filled; committed as the image unless the block raises."""
        container = self._run("from", "scratch").strip()
        try:
            yield Path(self._run("mount", container).strip())
            for name, value in environment.items():
                self._run("config", "--env", f"{name}={value}", container)
            self._run("commit", "--quiet", container, image)
        finally:
            self._run("rm", container)

    def _run(self, *arguments: str) -> str:
        return run(*self._program, *arguments)
