"""Clients of the public API for other languages, generated: `make sdks` → dist/sdks.

The field's own generator makes them from the OpenAPI, and the signer of each language, written by
hand, is laid beside its client. Nothing generated stands in the repository.
Source: openapi-generator.tech
"""

import json
import re
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
OF_JAVA: Final = re.compile(r"(maven\.compiler\.(?:source|target)>|JavaVersion\.VERSION_)11")
SIGNER_OF_JAVA: Final = r"\g<1>17"
"""It is a record; the generator has no option for it."""

GROWING: Final = "enumUnknownDefaultCase=true"
"""Answers grow: a word that came later reads as unknown, and the answer stays readable."""

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
        (
            *("--library", "native", "--group-id", "paymesh", "--artifact-id", "paymesh-client"),
            *("--additional-properties", GROWING),
        ),
    ),
    Client(
        "go",
        "go",
        "paymesh.go",
        "signing",
        (
            *("--package-name", "paymesh", "--additional-properties"),
            f"enumClassPrefix=true,disallowAdditionalPropertiesIfNotPresent=false,{GROWING}",
        ),
    ),
    Client(
        "php",
        "php",
        "Paymesh.php",
        "lib",
        ("--invoker-package", "PaymeshClient", "--additional-properties", GROWING),
    ),
    Client("node", "typescript-fetch", "paymesh.mjs", "."),
)


def main() -> None:
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if absent:
        print(f"  · no clients generated: no {', '.join(absent)} here")
        return
    jar = _generator()
    for client in CLIENTS:
        place = generate(jar, client, OUT)
        print(f"  ✓ {client.language:<5} {place.relative_to(REPOSITORY)}", flush=True)


def _generator() -> Path:
    """Fetched once, from the repository that Maven is set to."""
    _, name, version = GENERATOR.split(":")
    jar = OUT / f"{name}-{version}.jar"
    if not jar.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        _run("mvn", "-q", "dependency:copy", f"-Dartifact={GENERATOR}", f"-DoutputDirectory={OUT}")
    return jar


def _generatable() -> dict[str, Any]:
    """The description with free objects where one of several models, or any JSON, may stand: the
    generator for Go writes what does not compile there (`data` of an event).

    What calls the payer is one model with the members of all its kinds: generated clients choose
    among models by trying each, which two of the same members, or a later kind, defeat.
    """
    described: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    schemas = described["components"]["schemas"]
    kinds = [schema for name, schema in schemas.items() if name.endswith("Action")]
    members = {name: each for kind in kinds for name, each in kind["properties"].items()}
    members["type"] = {"type": "string", "description": members["type"]["description"]}
    schemas["PaymentAction"] = {"type": "object", "required": ["type"], "properties": members}
    freed: dict[str, Any] = _freed(described)
    return freed


def _freed(part: Any) -> Any:
    if isinstance(part, list):
        return [_freed(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "discriminator" in part:
        return {"$ref": "#/components/schemas/PaymentAction"}
    if any("additionalProperties" in each for each in part.get("anyOf", [])):
        part = {**part, "type": "object", "additionalProperties": True}
        del part["anyOf"]
    return {name: _freed(each) for name, each in part.items()}


def generate(jar: Path, client: Client, out: Path) -> Path:
    description = out / "openapi.json"
    description.write_text(json.dumps(_generatable()))
    place = out / client.language
    shutil.rmtree(place, ignore_errors=True)
    command = ("java", "-jar", str(jar), "generate", "-i", str(description), "-o", str(place))
    hidden = ("--global-property", "apiTests=false,modelTests=false,apiDocs=true,modelDocs=true")
    _run(*command, "-g", client.generator, *hidden, *client.options)
    beside = place / client.beside
    beside.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "sdk" / client.language / client.signer, beside)
    for name in ("pom.xml", "build.gradle"):
        if (place / name).exists():
            (place / name).write_text(OF_JAVA.sub(SIGNER_OF_JAVA, (place / name).read_text()))
    return place


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}")


if __name__ == "__main__":
    main()
