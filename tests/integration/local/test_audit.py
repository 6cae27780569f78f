"""What is in the images is listed; an audit that could not look does not say that all is well."""

import json
from pathlib import Path

import pytest

from paymesh_local import audit
from paymesh_local.paths import REPOSITORY

NOWHERE = "http://127.0.0.1:9/"


def test_every_pinned_package_is_in_the_bill_of_materials() -> None:
    packages = audit.packages_of((REPOSITORY / "requirements.lock").read_text())
    names = {package.name for package in packages}
    assert {"fastapi", "uvicorn", "aiokafka", "cryptography"} <= names
    assert all(package.hashes for package in packages)
    materials = audit.materials_of(packages)
    assert (materials["bomFormat"], materials["specVersion"]) == ("CycloneDX", "1.6")
    assert len({each["bom-ref"] for each in materials["components"]}) == len(packages)


def test_where_nothing_could_be_checked_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    materials = tmp_path / "sbom.json"
    assert audit.main(materials=materials, database=NOWHERE) == 2
    assert (
        "NOT CHECKED: the database of vulnerabilities cannot be reached" in capsys.readouterr().out
    )
    assert json.loads(materials.read_text())["components"]
