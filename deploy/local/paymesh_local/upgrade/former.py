"""The last release: its tree, its Python, and what its own code tells its services."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from paymesh_local.failure import CannotRun
from paymesh_local.paths import REPOSITORY
from paymesh_local.release import Release
from paymesh_local.services import SERVICES, Plan

SECRETS: Final = "secrets-before.json"
ASK: Final = """
import json, sys
from pathlib import Path
from paymesh_local.keyring import Keyring
from paymesh_local.ports import Ports
from paymesh_local.services import SERVICES, Plan
told = json.load(sys.stdin)
plan = Plan(
    ports=Ports(**told["ports"]), keyring=Keyring.kept_in(Path(told["secrets"])),
    database_urls=told["database_urls"], owner_urls=told["owner_urls"],
    kafka_bootstrap=told["kafka_bootstrap"], broker_is_embedded=told["broker_is_embedded"],
    local_dir=Path(told["local_dir"]))
json.dump({
    "services": {each.name: dict(plan.service(each).environment) for each in SERVICES},
    "migrations": {each.name: dict(plan.migrations(each).environment)
                   for each in SERVICES if each.database},
}, sys.stdout)
"""
"""Run by the release's own Python: what it tells its services is part of what is tested."""


@dataclass(frozen=True, slots=True)
class Code:
    """A tree and its Python, and the environments of its services and migrations by service."""

    python: Path
    services: Mapping[str, Mapping[str, str]]
    migrations: Mapping[str, Mapping[str, str]]


def of_this_tree(plan: Plan) -> Code:
    """What runs us, and what it tells its services in this place."""
    return Code(
        Path(sys.executable),
        {each.name: plan.environment(each) for each in SERVICES},
        {each.name: plan.migrations(each).environment for each in SERVICES if each.database},
    )


def checked_out(release: Release, folder: Path) -> Path:
    """A worktree of the release with its own .venv; one that is there already is used again.

    Raises:
        CannotRun: git does not know the commit, or its .venv cannot be made.
    """
    tree = folder / release.commit[:12]
    if not tree.exists():
        _run("git", "-C", str(REPOSITORY), "worktree", "prune")
        _run("git", "-C", str(REPOSITORY), "worktree", "add", "--detach", str(tree), release.commit)
    _run(sys.executable, str(tree / "deploy" / "local" / "make_venv.py"))
    return tree


def make_secrets(tree: Path, folder: Path) -> Path:
    """The secrets of a stack as the release makes them; a copy, that this tree may add to."""
    path, ours = folder / SECRETS, folder / "secrets.json"
    text = "import sys; from pathlib import Path; from paymesh_local.keyring import Keyring;"
    made = f"{text} Keyring.kept_in(Path(sys.argv[1]))"
    _run(str(tree / ".venv" / "bin" / "python"), "-c", made, str(path))
    shutil.copy(path, ours)
    return ours


def sent_by(tree: Path, plan: Plan) -> Code:
    """What the code of this tree tells its services in this place."""
    python = tree / ".venv" / "bin" / "python"
    question = {
        "ports": asdict(plan.ports),
        "secrets": str(plan.local_dir / SECRETS),
        "database_urls": dict(plan.database_urls),
        "owner_urls": dict(plan.owner_urls),
        "kafka_bootstrap": plan.kafka_bootstrap,
        "broker_is_embedded": plan.broker_is_embedded,
        "local_dir": str(plan.local_dir),
    }
    answer = _run(str(python), "-c", ASK, given=json.dumps(question))
    content: dict[str, Any] = json.loads(answer)
    return Code(python, content["services"], content["migrations"])


def _run(*command: str, given: str = "") -> str:
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise CannotRun(f"{Path(command[0]).name} failed", done.stderr[-2000:])
    return done.stdout
