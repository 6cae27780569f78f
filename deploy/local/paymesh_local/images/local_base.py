"""A stand-in for the base image where no registry can be reached: Debian's packages, our Python.

It shows that the Dockerfiles build and that the images run. It is not what goes to production: its
Python is this machine's, and nobody publishes it.
"""

import platform
import shutil
import sys
from pathlib import Path
from typing import Final

from paymesh_local.commands import run
from paymesh_local.failure import CannotRun
from paymesh_local.images.buildah import Buildah

LOCAL: Final = "local"
IMAGE: Final = f"paymesh/base-{platform.python_version()}:{LOCAL}"

LIBRARIES: Final = (
    "ca-certificates", "libbz2-1.0", "libexpat1", "libffi8", "liblzma5", "libsqlite3-0",
    "libreadline8", "libssl3", "libuuid1", "mawk", "zlib1g",
)  # fmt: skip
"""What Python's standard library is linked with, and awk for the Dockerfiles."""

LEFT_OUT: Final = ("site-packages", "test", "idlelib", "tkinter", "config-*", "__pycache__")
"""Of the standard library: what no service needs, and what others have installed."""


def ensure(buildah: Buildah) -> str:
    """The name of the image; it is made only once.

    Raises:
        CannotRun: this is not Debian or alike, or its packages cannot be had.
    """
    if buildah.has(IMAGE):
        return IMAGE
    if shutil.which("debootstrap") is None:
        raise CannotRun("BASE=local needs debootstrap (package debootstrap), on Debian or alike.")
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    with buildah.from_nothing(IMAGE, PATH="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin") as root:
        included = f"--include={','.join(LIBRARIES)}"
        run("debootstrap", "--variant=minbase", included, suite, str(root))
        _copy_python(Path(sys.base_prefix), root / "usr" / "local")
        run("chroot", str(root), "ldconfig")
        run("chroot", str(root), "python", "-m", "ensurepip", "--default-pip")
    return IMAGE


def _copy_python(source: Path, target: Path) -> None:
    """Python finds its library beside itself, wherever it stands."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    leave_out = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(source / "lib" / version, target / "lib" / version, ignore=leave_out)
    (target / "lib" / version / "site-packages").mkdir()
    for library in (source / "lib").glob("libpython3*"):
        shutil.copy2(library, target / "lib", follow_symlinks=False)
    shutil.copy2((source / "bin" / version).resolve(), target / "bin" / version)
    for name in ("python", "python3"):
        (target / "bin" / name).symlink_to(version)
