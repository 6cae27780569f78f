"""Clients of the public API for other languages, generated: `make sdks` → dist/sdks.

The field's own generator makes them from the OpenAPI, and the signer of each language, written by
hand, is laid beside its client. Nothing generated stands in the repository.
Source: openapi-generator.tech
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paymesh_local.paths import REPOSITORY

GENERATOR: Final = "org.openapitools:openapi-generator-cli:7.25.0"
DESCRIPTION: Final = REPOSITORY / "tests" / "contract" / "openapi.json"
OUT: Final = REPOSITORY / "dist" / "sdks"
LIMIT_S: Final = 600
"""For Maven, that fetches 30 MB once, or the generator on a busy machine."""


@dataclass(frozen=True, slots=True)
class Client:
    """`language` names its folder in sdk/, `signer` what is copied to `beside` in the client."""

    language: str
    generator: str
    signer: str
    beside: str
    options: tuple[str, ...] = ()


CLIENTS: Final = (
    Client(
        "java",
        "java",
        "paymesh/Paymesh.java",
        "src/main/java/paymesh",
        ("--library", "native", "--group-id", "paymesh", "--artifact-id", "paymesh-client"),
    ),
    Client(
        "go",
        "go",
        "paymesh.go",
        "signing",
        ("--package-name", "paymesh", "--additional-properties", "enumClassPrefix=true"),
    ),
    Client("php", "php", "Paymesh.php", "lib", ("--invoker-package", "PaymeshClient")),
    Client("node", "typescript-fetch", "paymesh.mjs", "."),
)


def main() -> None:
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if absent:
        print(f"  · no clients generated: no {', '.join(absent)} here")
        return
    jar, description = _generator(), _generatable()
    for client in CLIENTS:
        place = _generate(jar, description, client)
        print(f"  ✓ {client.language:<5} {place.relative_to(REPOSITORY)}", flush=True)


def _generator() -> Path:
    """Fetched once, from the repository that Maven is set to."""
    _, name, version = GENERATOR.split(":")
    jar = OUT / f"{name}-{version}.jar"
    if not jar.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        _run("mvn", "-q", "dependency:copy", f"-Dartifact={GENERATOR}", f"-DoutputDirectory={OUT}")
    return jar


def _generatable() -> Path:
    """The description with free objects where one of several models, or any JSON, may stand: the
    generator for Go writes what does not compile there (`data` of an event)."""
    description = OUT / "openapi.json"
    description.write_text(json.dumps(_freed(json.loads(DESCRIPTION.read_text()))))
    return description


def _freed(part: Any) -> Any:
    if isinstance(part, list):
        return [_freed(each) for each in part]
    if not isinstance(part, dict):
        return part
    if any("additionalProperties" in each for each in part.get("anyOf", [])):
        part = {**part, "type": "object", "additionalProperties": True}
        del part["anyOf"]
    return {name: _freed(each) for name, each in part.items()}


def _generate(jar: Path, description: Path, client: Client) -> Path:
    place = OUT / client.language
    shutil.rmtree(place, ignore_errors=True)
    command = ("java", "-jar", str(jar), "generate", "-i", str(description), "-o", str(place))
    hidden = ("--global-property", "apiTests=false,modelTests=false,apiDocs=true,modelDocs=true")
    _run(*command, "-g", client.generator, *hidden, *client.options)
    beside = place / client.beside
    beside.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "sdk" / client.language / client.signer, beside)
    return place


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}")


if __name__ == "__main__":
    main()
