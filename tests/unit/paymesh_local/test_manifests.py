"""The manifests' check says no where a cluster, or an auditor, would."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from paymesh_local.manifests import BASE, faults_of, missing


def deployment() -> dict[str, Any]:
    documents = yaml.safe_load_all((BASE / "gateway.yaml").read_text())
    found: dict[str, Any] = next(each for each in documents if each["kind"] == "Deployment")
    return copy.deepcopy(found)


def container_of(document: dict[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = document["spec"]["template"]["spec"]["containers"][0]
    return container


def test_the_manifest_as_it_is_has_no_fault() -> None:
    assert list(faults_of(deployment())) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document["spec"].update(replicas="two"),
        lambda document: document["spec"].update(colour="red"),
        lambda document: document["spec"].pop("selector"),
        lambda document: document["spec"]["template"]["spec"].pop("securityContext"),
        lambda document: container_of(document).pop("readinessProbe"),
        lambda document: container_of(document)["resources"].pop("limits"),
        lambda document: container_of(document)["securityContext"].update(
            readOnlyRootFilesystem=False
        ),
    ],
)
def test_a_spoiled_manifest_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    document = deployment()
    spoil(document)
    assert list(faults_of(document))


def test_a_service_without_its_objects_is_missed() -> None:
    assert "Deployment/notifier is missing" in list(missing([deployment()]))
