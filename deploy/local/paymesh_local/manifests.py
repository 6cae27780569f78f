"""Checks the Kubernetes manifests as a cluster would: rendered, then against the schemas.

The base uses nothing of kustomize but `resources`, so that rendering is concatenation and needs no
tool; where `kubectl` is there, its own rendering is checked instead.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml

ROOT: Final = Path(__file__).resolve().parents[3]
BASE: Final = ROOT / "deploy" / "k8s" / "base"
EXAMPLES: Final = ROOT / "deploy" / "k8s" / "examples"
OF_OTHERS: Final = ("KafkaUser",)
"""Kinds that a cluster learns from an operator; their schemas are not Kubernetes' own."""
KUBERNETES: Final = "1.34"
WANTED: Final = ("Deployment", "Service", "ServiceAccount", "ConfigMap")
SERVICES: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")


def main() -> int:
    documents = list(rendered())
    problems = [problem for document in documents for problem in faults_of(document)]
    problems += missing(documents)
    examples = [each for file in EXAMPLES.glob("*.yaml") for each in _documents(file)]
    problems += [problem for document in examples for problem in faults_of(document)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(documents) + len(examples)} Kubernetes objects checked against {KUBERNETES}")
    return 1 if problems else 0


def rendered() -> Iterator[dict[str, Any]]:
    kubectl = shutil.which("kubectl")
    if kubectl:
        command = [kubectl, "kustomize", str(BASE)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        yield from yaml.safe_load_all(text)
        return
    kustomization = yaml.safe_load((BASE / "kustomization.yaml").read_text())
    unknown = kustomization.keys() - {"apiVersion", "kind", "resources"}
    if unknown:
        raise SystemExit(f"kustomization.yaml uses {unknown}: render it with kubectl")
    for name in kustomization["resources"]:
        yield from _documents(BASE / name)


def _documents(file: Path) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load_all(file.read_text())


def faults_of(document: dict[str, Any]) -> Iterator[str]:
    name = f"{document['kind']}/{document['metadata']['name']}"
    if document["kind"] in OF_OTHERS:
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
    there = {(document["kind"], document["metadata"]["name"]) for document in documents}
    for service in SERVICES:
        for kind in WANTED:
            if (kind, service) not in there:
                yield f"{kind}/{service} is missing"


if __name__ == "__main__":
    sys.exit(main())
