"""Checks the Kubernetes manifests as a cluster would: rendered, then against the schemas.

Where `kubectl` is there, its own rendering is checked. Images and migrations must be those of the
release that this tree becomes.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml

from paymesh_local import release

ROOT: Final = Path(__file__).resolve().parents[3]
BASE: Final = ROOT / "deploy" / "k8s" / "base"
EXAMPLES: Final = ROOT / "deploy" / "k8s" / "examples"
OVERLAYS: Final = ROOT / "deploy" / "k8s" / "overlays"
OBSERVABILITY: Final = ROOT / "deploy" / "observability"
BUILT_OR_STARTED: Final = (
    ROOT / "deploy" / "compose.yaml", *sorted(ROOT.glob("services/*/Dockerfile")),
)  # fmt: skip
"""The files that name images of others."""
IMAGE_NAMED: Final = re.compile(r"^(?:FROM |ARG BASE=|\s+image: )(\S+)", re.MULTILINE)
OURS: Final = ("paymesh/", "${BASE}")
"""Not of others; what BASE stands for is named where it is declared."""
PINNED: Final = re.compile(r"[^:@]+:[^:@]+@sha256:[0-9a-f]{64}")
HASH: Final = re.compile(r"-[0-9a-z]{10}$")
OF_OTHERS: Final = {
    "Kafka": "kafka.strimzi.io/v1beta2",
    "KafkaNodePool": "kafka.strimzi.io/v1beta2",
    "KafkaTopic": "kafka.strimzi.io/v1beta2",
    "KafkaUser": "kafka.strimzi.io/v1beta2",
    "Cluster": "postgresql.cnpg.io/v1",
    "Database": "postgresql.cnpg.io/v1",
    "ScheduledBackup": "postgresql.cnpg.io/v1",
    "ExternalSecret": "external-secrets.io/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "TriggerAuthentication": "keda.sh/v1alpha1",
}
"""Kinds that a cluster learns from an operator; their schemas are not Kubernetes' own."""
KNOWN: Final = {
    "apiVersion", "kind", "resources", "nameSuffix", "generatorOptions", "configMapGenerator",
}  # fmt: skip
KUBERNETES: Final = "1.34"
WANTED: Final = ("Deployment", "Service", "ServiceAccount", "ConfigMap")
SERVICES: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")


def main() -> int:
    documents = list(rendered())
    problems = [*faults_of_release(documents), *images_by_tag_alone(BUILT_OR_STARTED)]
    files = [*EXAMPLES.glob("*.yaml"), *OBSERVABILITY.glob("*.yaml")]
    others = [each for file in files for each in _documents(file)]
    problems += [problem for document in others for problem in faults_of(document)]
    for overlay in sorted(OVERLAYS.iterdir()) if shutil.which("kubectl") else ():
        objects = list(rendered(overlay))
        problems += [f"{overlay.name}: {each}" for each in faults_of_release(objects)]
        others += objects
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(documents) + len(others)} Kubernetes objects checked against {KUBERNETES}")
    return 1 if problems else 0


def faults_of_release(documents: list[dict[str, Any]]) -> Iterator[str]:
    for document in documents:
        yield from faults_of(document)
    yield from missing(documents)
    yield from strays(documents, release.last().next)


def rendered(folder: Path = BASE) -> Iterator[dict[str, Any]]:
    """As a cluster is given them; by our own reading of kustomize where `kubectl` is not there,
    which knows the base only."""
    kubectl = shutil.which("kubectl")
    if not kubectl:
        yield from rendered_here(folder)
        return
    command = [kubectl, "kustomize", str(folder)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    yield from yaml.safe_load_all(text)


def rendered_here(folder: Path) -> Iterator[dict[str, Any]]:
    """What of kustomize the base uses, without the hashes in the names of what is generated."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    unknown = kustomization.keys() - KNOWN
    if unknown:
        raise SystemExit(f"kustomization.yaml uses {unknown}: render it with kubectl")
    suffix = kustomization.get("nameSuffix", "")
    labels = kustomization.get("generatorOptions", {}).get("labels", {})
    for name in kustomization["resources"]:
        inside = folder / name
        for each in rendered_here(inside) if inside.is_dir() else _documents(inside):
            each["metadata"]["name"] += suffix
            yield each
    for wanted in kustomization.get("configMapGenerator", []):
        files = [folder / name for name in wanted["envs"]]
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": wanted["name"] + suffix, "labels": labels},
            "data": dict(pair for file in files for pair in _pairs(file)),
        }


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def _documents(file: Path) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load_all(file.read_text())


def faults_of(document: dict[str, Any]) -> Iterator[str]:
    name = f"{document['kind']}/{document['metadata']['name']}"
    if document["kind"] in OF_OTHERS:
        if document["apiVersion"] != OF_OTHERS[document["kind"]] or "spec" not in document:
            yield f"{name}: must be of {OF_OTHERS[document['kind']]} and have a spec"
        return
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{name}: {error.message}"
    if document["kind"] in ("Deployment", "Job"):
        yield from (f"{name}: {fault}" for fault in hardening_faults(document))


def hardening_faults(document: dict[str, Any]) -> Iterator[str]:
    pod = document["spec"]["template"]["spec"]
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield "must run as non-root"
    for container in pod["containers"]:
        context = container.get("securityContext", {})
        if not context.get("readOnlyRootFilesystem"):
            yield f"{container['name']}: the root file system must be read-only"
        if "memory" not in container.get("resources", {}).get("limits", {}):
            yield f"{container['name']}: needs a memory limit"
        probes = {"livenessProbe", "readinessProbe", "startupProbe"}
        if document["kind"] == "Deployment" and not probes <= container.keys():
            yield f"{container['name']}: needs all three probes"


def missing(documents: list[dict[str, Any]]) -> Iterator[str]:
    there = {(document["kind"], _plain_name(document)) for document in documents}
    for service in SERVICES:
        for kind in WANTED:
            if (kind, service) not in there:
                yield f"{kind}/{service} is missing"


def _plain_name(document: dict[str, Any]) -> str:
    name: str = document["metadata"]["name"]
    return HASH.sub("", name) if document["kind"] == "ConfigMap" else name


def strays(documents: list[dict[str, Any]], version: str) -> Iterator[str]:
    """What is not of this version: images, and Jobs, which a cluster never changes."""
    for document in documents:
        name = document["metadata"]["name"]
        if document["kind"] == "Job" and not name.endswith("-" + version.replace(".", "-")):
            yield f"Job/{name}: its name must end with the release {version}"
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            if not container["image"].endswith(f":{version}"):
                yield f"{name}: {container['image']} is not of the release {version}"


def images_by_tag_alone(files: Iterable[Path]) -> Iterator[str]:
    """Images of others that a push to a registry could change under us."""
    for file in files:
        for image in IMAGE_NAMED.findall(file.read_text()):
            if not (image.startswith(OURS) or PINNED.fullmatch(image)):
                yield f"{file.parent.name}/{file.name}: {image} must be named by version and digest"


if __name__ == "__main__":
    sys.exit(main())
