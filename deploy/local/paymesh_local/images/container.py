"""A program in an image as a cluster starts it: its user, no other variables, a read-only root."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paymesh_local.images.buildah import Image
from paymesh_local.processes import Program

STATE: Final = "/var/lib/paymesh"
"""Beside /tmp what may be written: the volumes of the manifests."""

START: Final = """
root=$1 user=$2; shift 2
mount --bind "$root" "$root"
mkdir -p "$root/var/lib/paymesh"
for each in dev proc; do mount --rbind "/$each" "$root/$each"; done
for each in tmp var/lib/paymesh; do mount -t tmpfs -o mode=1777 tmpfs "$root/$each"; done
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" --groups= "$root" "$@"
"""
"""The mounts are this program's own (`unshare`), and are gone with it."""


@dataclass(frozen=True, slots=True)
class Container:
    """`root`: where the image is mounted."""

    image: Image
    root: Path

    def program(
        self, name: str, log: Path, environment: Mapping[str, str], *command: str
    ) -> Program:
        """`command`: instead of the image's own."""
        started = ("sh", "-ec", START, "container", str(self.root), self.image.user)
        return Program(
            name=name,
            command=("unshare", "--mount", *started, *(command or self.image.command)),
            log=log,
            environment={"HOME": "/", **self.image.environment, **environment},
        )
