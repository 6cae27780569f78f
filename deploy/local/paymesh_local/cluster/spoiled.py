"""Objects that a cluster does not take: the judge must say no.

A judge who nods is none; and one who refuses for another reason (a namespace that does not match)
has not looked, so each object comes with words of the answer that is wanted.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from paymesh_local.manifests import EXAMPLES, OBSERVABILITY


@dataclass(frozen=True, slots=True)
class Spoiled:
    """`documents` go in one after the other; the last must be answered with `refusal` in it."""

    what: str
    documents: list[dict[str, Any]]
    refusal: str


def spoiled(base: list[dict[str, Any]]) -> Iterator[Spoiled]:
    """Made of copies of our own manifests, each with one fault."""
    yield from _of_kubernetes(base)
    yield from _of_operators()


def _of_kubernetes(base: list[dict[str, Any]]) -> Iterator[Spoiled]:
    service = _first(base, "Service")
    service["spec"]["ports"][0]["targetPort"] = "a-port-with-a-long-name"
    yield Spoiled("a port's name of more than 15 characters", [service], "no more than 15")
    stuck = _first(base, "Deployment")
    stuck["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": 0}
    yield Spoiled("an update that can never go on", [stuck], "maxUnavailable")
    root = _first(base, "Deployment")
    root["metadata"]["name"] += "-as-root"
    root["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] = False
    yield Spoiled("a pod that runs as root", [root], "violate PodSecurity")
    mistyped = _first(base, "Deployment")
    mistyped["spec"]["replica"] = 3
    yield Spoiled("a member that no Deployment has", [mistyped], "spec.replica")
    job = _first(base, "Job")
    changed = copy.deepcopy(job)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "paymesh/other:1"
    yield Spoiled("another template under a Job's name", [job, changed], "field is immutable")


def _of_operators() -> Iterator[Spoiled]:
    rule = next(yaml.safe_load_all((OBSERVABILITY / "rules.yaml").read_text()))
    rule["spec"]["groups"][0]["rules"][0]["unknown"] = "member"
    yield Spoiled("a member that no rule of Prometheus has", [rule], "unknown")
    topic = _first(_example("kafka-topics.yaml"), "KafkaTopic")
    topic["spec"]["partitions"] = "many"
    yield Spoiled("a topic with a word for partitions", [topic], "partitions")
    postgres = _first(_example("postgres.yaml"), "Cluster")
    postgres["spec"]["postgresql"]["synchronous"]["method"] = "some"
    yield Spoiled("a standby by no method", [postgres], "synchronous.method")
    secret = _first(_example("external-secret.yaml"), "ExternalSecret")
    secret["spec"]["refreshIntervall"] = "1h"
    yield Spoiled("a member that no ExternalSecret has", [secret], "refreshIntervall")
    scaled = _first(_example("keda.yaml"), "ScaledObject")
    del scaled["spec"]["triggers"]
    yield Spoiled("scaling by nothing", [scaled], "triggers")


def _example(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLES / file).read_text()))


def _first(documents: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return copy.deepcopy(next(each for each in documents if each["kind"] == kind))
