"""Hold the manifests up to a real API server; `--build` makes that one first.

It refuses what the schemas accept: names of ports that are too long, an update that could never go
on, a Job whose template changes, a pod that the restricted standard forbids. It is first given such
objects, and must refuse each: a judge who nods is none.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import yaml

from paymesh_local import release
from paymesh_local.cluster.parts import Parts, build, folder, found
from paymesh_local.cluster.server import Cluster, running
from paymesh_local.failure import CannotRun
from paymesh_local.manifests import BASE, EXAMPLES, OBSERVABILITY, OVERLAYS

RESTRICTED: Final = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
}
JUDGED_BY_SCHEMA_ALONE: Final = {
    "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "Cluster", "ScheduledBackup",
}  # fmt: skip
"""Kinds of operators whose definitions are in no registry: `make check` looks at them."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", action="store_true")
    options = parser.parse_args()
    kept = folder()
    try:
        if options.build:
            build(kept)
        parts = found(kept)
        if parts is None:
            print(f"  · not checked: no API server in {kept}; `make check-k8s BUILD=1` makes one")
            return 0
        return asyncio.run(_judge(parts))
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1


async def _judge(parts: Parts) -> int:
    async with running(parts) as cluster:
        _apply(cluster, "-f", str(parts.definitions), what="definitions of operators")
        cluster.kubectl(
            "wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"
        ).check_returncode()
        faults = [*_nodded(cluster), *_refused(cluster)]
        version = cluster.kubectl("version", "-o", "yaml").stdout
    for fault in faults:
        print(fault, file=sys.stderr)
    server: str = yaml.safe_load(version)["serverVersion"]["gitVersion"]
    print(f"  {'✗' if faults else '✓'} manifests before kube-apiserver {server}")
    return 1 if faults else 0


def _refused(cluster: Cluster) -> Iterator[str]:
    """What of ours a cluster would not take, each overlay in a namespace of its own."""
    _namespace(cluster, "paymesh")
    _namespace(cluster, "paymesh-dev")
    for overlay in sorted(OVERLAYS.iterdir()):
        rendered = _rendered(str(overlay))
        yield from _faults(cluster, overlay.name, rendered)
        yield from _faults(cluster, f"{overlay.name}, the release after", _next_release(rendered))
    for file in (*sorted(EXAMPLES.glob("*.yaml")), *sorted(OBSERVABILITY.glob("*.yaml"))):
        documents = list(yaml.safe_load_all(file.read_text()))
        known = [each for each in documents if each["kind"] not in JUDGED_BY_SCHEMA_ALONE]
        if known:
            yield from _faults(cluster, file.name, yaml.safe_dump_all(known))


def _faults(cluster: Cluster, name: str, manifests: str) -> Iterator[str]:
    """Errors, and warnings too: a pod against the standard is only warned of in its Deployment."""
    done = cluster.kubectl(*APPLY, "-f", "-", given=manifests)
    for line in done.stderr.splitlines():
        if line.strip():
            yield f"{name}: {line}"


APPLY: Final = ("apply", "--server-side", "--force-conflicts", "--validate=strict", "-n", "paymesh")


def _next_release(rendered: str) -> str:
    """The same as the next version will be applied over it: images and Jobs renamed."""
    now = release.last().next
    after = ".".join([*now.split(".")[:-1], str(int(now.split(".")[-1]) + 1)])
    return rendered.replace(f":{now}", f":{after}").replace(
        "-" + now.replace(".", "-"), "-" + after.replace(".", "-")
    )


def _nodded(cluster: Cluster) -> Iterator[str]:
    """Which of the spoiled objects the judge took."""
    _namespace(cluster, "spoiled")
    base = list(yaml.safe_load_all(_rendered(str(BASE))))
    for what, documents in _spoiled(base):
        answers = [
            cluster.kubectl(*APPLY[:-1], "spoiled", "-f", "-", given=yaml.safe_dump(each))
            for each in documents
        ]
        if not any(each.stderr.strip() for each in answers):
            yield f"the judge took {what}"


def _spoiled(base: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Objects that the schemas accept and a cluster does not; several go in one after the other."""

    def copy(kind: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(
            yaml.safe_dump(next(each for each in base if each["kind"] == kind))
        )
        return found

    service = copy("Service")
    service["spec"]["ports"][0]["targetPort"] = "a-port-with-a-long-name"
    yield "a port's name of more than 15 characters", [service]
    stuck = copy("Deployment")
    stuck["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": 0}
    yield "an update that can never go on", [stuck]
    root = copy("Deployment")
    root["metadata"]["name"] += "-as-root"
    root["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] = False
    yield "a pod that runs as root", [root]
    job, again = copy("Job"), copy("Job")
    again["spec"]["template"]["spec"]["containers"][0]["image"] = "paymesh/other:1"
    yield "another template under a Job's name", [job, again]
    rule = next(yaml.safe_load_all((OBSERVABILITY / "rules.yaml").read_text()))
    rule["spec"]["groups"][0]["rules"][0]["unknown"] = "member"
    yield "a member that an operator's kind does not have", [rule]


def _namespace(cluster: Cluster, name: str) -> None:
    labelled = {"name": name, "labels": RESTRICTED}
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": labelled}
    _apply(cluster, "-f", "-", given=yaml.safe_dump(wanted), what=f"namespace {name}")


def _apply(cluster: Cluster, *arguments: str, what: str, given: str = "") -> None:
    done = cluster.kubectl("apply", "--server-side", *arguments, given=given)
    if done.returncode:
        raise CannotRun(f"{what} could not be applied", done.stderr)


def _rendered(folder: str) -> str:
    command = ["kubectl", "kustomize", folder]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
