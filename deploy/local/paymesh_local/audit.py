"""`make audit`: what the images are made of, and which of it is known to be vulnerable.

Writes a software bill of materials (CycloneDX 1.6) of requirements.lock, then asks OSV about each
package. Ends with 1 where something is vulnerable, with 2 where OSV cannot be reached: then nothing
was checked, which is not the same as nothing found.
Source: cyclonedx.org/docs/1.6/json, google.github.io/osv.dev/post-v1-querybatch
"""

import json
import re
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paymesh_local.paths import REPOSITORY

LOCK: Final = REPOSITORY / "requirements.lock"
MATERIALS: Final = REPOSITORY / ".local" / "sbom.cdx.json"
DATABASE: Final = "https://api.osv.dev/v1/querybatch"
LIMIT_S: Final = 20.0

_PINNED: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Unreachable(Exception):
    """The database of vulnerabilities does not answer."""


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name.lower()}@{self.version}"


def packages_of(lock: str) -> list[Package]:
    """What a lock file pins, in its order."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock)
    return [
        Package(match[1], match[2], tuple(_HASH.findall(entry)))
        for entry in entries
        if (match := _PINNED.match(entry.strip()))
    ]


def materials_of(packages: list[Package]) -> dict[str, Any]:
    """The bill of materials as CycloneDX writes it."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "paymesh"}},
        "components": [
            {
                "type": "library",
                "bom-ref": each.purl,
                "name": each.name,
                "version": each.version,
                "purl": each.purl,
            }
            for each in packages
        ],
    }


def vulnerable(packages: list[Package], database: str = DATABASE) -> dict[str, list[str]]:
    """The known vulnerabilities by `name version`.

    Raises:
        Unreachable: nothing is known of any of them.
    """
    queries = [
        {"package": {"ecosystem": "PyPI", "name": each.name}, "version": each.version}
        for each in packages
    ]
    request = urllib.request.Request(
        database, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            results = json.load(answer)["results"]
    except (urllib.error.URLError, TimeoutError, OSError, ValueError, KeyError) as error:
        raise Unreachable(str(error)) from error
    return {
        f"{each.name} {each.version}": [found["id"] for found in result["vulns"]]
        for each, result in zip(packages, results, strict=True)
        if result.get("vulns")
    }


def main(lock: Path = LOCK, materials: Path = MATERIALS, database: str = DATABASE) -> int:
    packages = packages_of(lock.read_text())
    materials.parent.mkdir(parents=True, exist_ok=True)
    materials.write_text(json.dumps(materials_of(packages), indent=1))
    print(f"{len(packages)} packages, written to {materials}")
    try:
        found = vulnerable(packages, database)
    except Unreachable as error:
        print(f"NOT CHECKED: the database of vulnerabilities cannot be reached ({error})")
        return 2
    for package, ids in found.items():
        print(f"vulnerable: {package}: {', '.join(ids)}")
    print(f"{len(found)} of {len(packages)} packages have known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
