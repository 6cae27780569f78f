"""PostgreSQL refuses to run as root, so root starts it as `nobody`."""

import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from paymesh_local.failure import CannotRun

USER: Final = "nobody"

KEEP_SEARCHING: Final = (
    "--securebits=+no_setuid_fixup",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
)
"""Lets the other user pass directories that are closed to it (a checkout under root's own home)
without a change to anybody's permissions; without the first, access(2) would still refuse."""


def prefix(*needed: Path) -> tuple[str, ...]:
    """What to put before a command so that it runs unprivileged and reaches the `needed` paths.

    Empty when we are not root.

    Raises:
        CannotRun: we are root and the system has no `setpriv` (package util-linux).
    """
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise CannotRun("As root, PostgreSQL needs the program setpriv (package util-linux).")
    user = pwd.getpwnam(USER)
    keep = () if all(map(_is_reachable, needed)) else KEEP_SEARCHING
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return ("setpriv", *ids, *keep, "--")


def hand_over(paths: Sequence[Path]) -> None:
    """Make the unprivileged user their owner, where we are root."""
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam(USER)
    for path in paths:
        os.chown(path, user.pw_uid, user.pw_gid)


def _is_reachable(path: Path) -> bool:
    """Whether anybody may search every directory above `path`, and read it."""
    resolved = path.resolve()
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)
