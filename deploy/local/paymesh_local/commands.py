"""Programs that must end well."""

import subprocess
from pathlib import Path

from paymesh_local.failure import CannotRun
from paymesh_local.paths import REPOSITORY


def run(*command: str, cwd: Path = REPOSITORY) -> str:
    """What the program wrote to its standard output.

    Raises:
        CannotRun: it is not there, or ended with an error.
    """
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CannotRun(f"`{command[0]}` is not on this machine") from error
    if done.returncode:
        raise CannotRun(f"`{' '.join(command)}` failed", (done.stderr or done.stdout)[-2000:])
    return done.stdout
