"""Makes `.venv` from requirements.lock, or brings it up to date; silent when it is.

Run by the Makefile with any Python ≥ 3.11 before anything is installed, so it uses the standard
library alone. What the .venv was made from is noted in it; a checkout that was copied elsewhere,
another Python, or a removed package makes a new one.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
NOTE = VENV / "made-from"
LOCK = REPOSITORY / "requirements.lock"


def main() -> None:
    with (REPOSITORY / ".gitignore").open() as turnstile:
        fcntl.flock(turnstile, fcntl.LOCK_EX)  # `make run` and `make test` may start together
        _make()


def _make() -> None:
    place, content = _fingerprints()
    made_from = NOTE.read_text().splitlines() if NOTE.exists() else []
    if made_from == [place, content]:
        return
    began = time.monotonic()
    if made_from[:1] != [place]:
        print("  · .venv: making it with Python", sys.version.split()[0], flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(VENV))
    print("  · .venv: installing what requirements.lock names (a minute, once)", flush=True)
    NOTE.unlink(missing_ok=True)
    pip = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _run(*pip, "--no-compile", "--require-hashes", "--requirement", str(LOCK))
    print("  · .venv: installing Paymesh itself, editable", flush=True)
    editable = [word for package in _packages() for word in ("--editable", str(package))]
    _run(*pip, "--no-deps", "--no-build-isolation", *editable)
    NOTE.write_text(f"{place}\n{content}\n")
    print(f"  ✓ .venv {time.monotonic() - began:.0f} s", flush=True)


def _fingerprints() -> tuple[str, str]:
    """Where it stands and with which Python; and what is in it."""
    place = f"{VENV} {sys.version.split()[0]}"
    files = [LOCK, *(package / "pyproject.toml" for package in _packages())]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(REPOSITORY)}\n".encode() + file.read_bytes())
    return place, digest.hexdigest()


def _packages() -> list[Path]:
    folders = ("libs/*", "services/*", "deploy/local", "sdk/python")
    files = (REPOSITORY.glob(f"{folder}/pyproject.toml") for folder in folders)
    return sorted(file.parent for found in files for file in found)


def _run(*command: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"\n.venv could not be made: `{' '.join(command[:4])} …` failed, see above.")


if __name__ == "__main__":
    main()
