"""The manifests' check says no where a cluster, or an auditor, would."""

import copy
import re
import shutil
import tomllib
from collections.abc import Callable, Iterable
from inspect import signature
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from chassis.background import DRAIN_LIMIT_S, Background
from chassis.settings import Settings, StoringSettings
from chassis.web import server
from chassis.web.application import READY_LIMIT_S
from contracts import topics
from gateway.api.webhooks import MAX_NOTIFICATION_BYTES
from gateway.channels.registry import PLUGINS
from merchant_admin.api.console import uploads
from notifier.sending.guard import DEFAULT_PORTS
from paymesh_local import release
from paymesh_local.manifests import (
    BASE,
    BUILT_OR_STARTED,
    HASH,
    OVERLAYS,
    faults_of,
    faults_of_release,
    images_by_tag_alone,
    missing,
    rendered,
    rendered_here,
    strays,
)
from paymesh_local.paths import REPOSITORY
from paymesh_local.services import SERVICES, Service


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


def test_our_own_rendering_is_kubectls_but_for_the_hashes() -> None:
    """Without kubectl both are ours."""

    def in_order(
        documents: Iterable[dict[str, Any]],
    ) -> list[tuple[str, str, list[tuple[str, str]]]]:
        return sorted(
            (
                each["kind"],
                HASH.sub("", each["metadata"]["name"]),
                sorted(each.get("data", {}).items()),
            )
            for each in documents
        )

    assert in_order(rendered()) == in_order(rendered_here(BASE))


def test_what_is_of_another_release_is_named() -> None:
    documents = list(rendered_here(BASE))
    version = release.last().next
    assert list(strays(documents, version)) == []
    jobs = [each for each in documents if each["kind"] == "Job"]
    found = list(strays(documents, "9.9.9"))
    assert len(found) == len(jobs) * 2 + 5


def test_the_changelog_names_the_last_release_and_its_commit() -> None:
    last = release.last()
    text = (REPOSITORY / "CHANGELOG.md").read_text()
    assert f"## {last.version}" in text
    assert last.commit[:12] in text
    compose = (REPOSITORY / "deploy" / "compose.yaml").read_text()
    assert set(re.findall(r"image: paymesh/[a-z-]+:(\S+)", compose)) == {last.next}


def test_what_is_installed_is_of_the_release_that_it_becomes() -> None:
    """`paymesh_build_info` says it. The client that apps install has versions of its own."""
    files = [
        *REPOSITORY.glob("libs/*/pyproject.toml"),
        *REPOSITORY.glob("services/*/pyproject.toml"),
        REPOSITORY / "deploy" / "local" / "pyproject.toml",
    ]
    versions = {tomllib.loads(file.read_text())["project"]["version"] for file in files}
    assert versions == {release.last().next}
    assert f"Becomes {release.last().next};" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_every_topic_is_made_with_its_partitions_chosen() -> None:
    text = (BASE.parent / "examples" / "kafka-topics.yaml").read_text()
    made = {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all(text)}
    assert made.keys() == set(topics.ALL)
    for name in (topics.ORDER_EVENTS, topics.PAYMENT_RESULTS, topics.CHANNEL_COMMANDS):
        assert made[name]["partitions"] == 32
    configuration = made[topics.MERCHANT_CONFIG]["config"]
    assert configuration["cleanup.policy"] == "compact"
    assert configuration["max.compaction.lag.ms"] <= 3_600_000
    assert all(spec["config"]["min.insync.replicas"] == 2 for spec in made.values())


def test_as_many_replicas_as_are_made_at_most_find_connections_to_the_database() -> None:
    """By the formula of docs/operations/scaling.md, with pools of the size that none sets."""
    text = (BASE.parent / "components" / "autoscaling" / "hpa.yaml").read_text()
    most = {
        each["metadata"]["name"]: each["spec"]["maxReplicas"] for each in yaml.safe_load_all(text)
    }
    cluster = next(yaml.safe_load_all((BASE.parent / "examples" / "postgres.yaml").read_text()))
    pool = StoringSettings.model_fields["database_pool"].default
    beside = {"trade-core": 2, "merchant-admin": 1, "notifier": 2}
    wanted = sum((most[name] + 1) * (pool + more) for name, more in beside.items()) + 3 + 10
    assert wanted < int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])


def test_production_spreads_over_zones_and_puts_paying_first() -> None:
    """Without kubectl nothing is asked: our own rendering knows the base only."""
    if not shutil.which("kubectl"):
        return
    documents = list(rendered(OVERLAYS / "production"))
    assert list(faults_of_release(documents)) == []
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in documents
        if each["kind"] == "Deployment"
    }
    for name, pod in pods.items():
        keys = {each["topologyKey"] for each in pod["topologySpreadConstraints"]}
        assert "topology.kubernetes.io/zone" in keys
        expected = "paymesh-admin" if name == "merchant-admin" else "paymesh-pay"
        assert pod["priorityClassName"] == expected
    for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget"):
        named = {each["metadata"]["name"] for each in documents if each["kind"] == kind}
        assert named == pods.keys()


def test_each_component_is_in_an_overlay_and_so_judged() -> None:
    components = BASE.parent / "components"
    used: set[str] = set()
    for overlay in OVERLAYS.iterdir():
        named = yaml.safe_load((overlay / "kustomization.yaml").read_text())
        used |= {Path(each).name for each in named.get("components", [])}
    assert {each.name for each in components.iterdir()} - used == {"rebuild-projections"}


def test_what_is_added_for_once_is_judged_too() -> None:
    once = BASE.parent / "components" / "rebuild-projections"
    names = yaml.safe_load((once / "kustomization.yaml").read_text())["resources"]
    documents = [each for name in names for each in yaml.safe_load_all((once / name).read_text())]
    assert len(documents) == 3
    assert [fault for each in documents for fault in faults_of(each)] == []
    assert list(strays(documents, release.last().next)) == []


def _arrows(file: str, direction: str, peers: str) -> set[tuple[str, str]]:
    text = (BASE.parent / "components" / "network-policies" / file).read_text()
    found = set()
    for each in yaml.safe_load_all(text):
        name = each["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/name")
        for rule in each["spec"].get(direction, []):
            for peer in rule[peers]:
                other = peer.get("podSelector", {}).get("matchLabels", {})
                if name and "app.kubernetes.io/name" in other:
                    found.add((name, other["app.kubernetes.io/name"]))
    return found


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_a_cluster_waits_until_a_replica_has_ended_by_itself(service: Service) -> None:
    documents = yaml.safe_load_all((BASE / f"{service.name}.yaml").read_text())
    pod = next(each for each in documents if each["kind"] == "Deployment")["spec"]["template"][
        "spec"
    ]
    unlisted_s = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain_s = Settings.model_fields["drain_s"].default
    loops_s = signature(Background).parameters["grace_s"].default
    ends_s = unlisted_s + drain_s + server.GRACE_S + loops_s + DRAIN_LIMIT_S
    assert ends_s <= pod["terminationGracePeriodSeconds"] - 10


def test_each_way_out_has_a_door_and_each_door_a_way_out() -> None:
    out = _arrows("egress.yaml", "egress", "to")
    doors = _arrows("ingress.yaml", "ingress", "from")
    assert out == {(caller, called) for called, caller in doors}
    assert ("cashier", "trade-core") not in out


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_a_probe_waits_longer_than_a_check_may_take(service: Service) -> None:
    """Else a slow database takes all replicas out at once, though they say that they are ready."""
    documents = yaml.safe_load_all((BASE / f"{service.name}.yaml").read_text())
    container = next(each for each in documents if each["kind"] == "Deployment")["spec"][
        "template"
    ]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe].get("timeoutSeconds", 1) > READY_LIMIT_S, probe


def _ports_out(name: str) -> set[int]:
    """Those at which a service reaches the world."""
    text = (BASE.parent / "components" / "network-policies" / "egress.yaml").read_text()
    policies = {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all(text)}
    rules = policies[name]["egress"]
    [ports] = [rule["ports"] for rule in rules if any("ipBlock" in peer for peer in rule["to"])]
    return {
        port
        for each in ports
        for port in range(each["port"], each.get("endPort", each["port"]) + 1)
    }


def test_the_gateway_reaches_each_channel_at_its_port() -> None:
    urls = {url for each in PLUGINS.values() for own in each.own_urls.values() for url in own}
    assert {urlsplit(url).scheme for url in urls} == {"https"}
    ports = {urlsplit(url).port or 443 for url in urls}
    assert len(ports) > 1
    assert ports <= _ports_out("gateway-out")


def test_the_notifier_reaches_apps_messengers_and_mail() -> None:
    callbacks = {port for each in DEFAULT_PORTS for port in each}
    assert callbacks | {443, 465, 587} <= _ports_out("notifier-out")


@pytest.mark.parametrize(
    ("service", "largest_bytes"),
    [("gateway", MAX_NOTIFICATION_BYTES), ("merchant-admin", uploads.LIMIT_BYTES)],
)
def test_the_ingress_lets_through_what_a_service_takes(service: str, largest_bytes: int) -> None:
    text = (BASE.parent / "examples" / "ingress.yaml").read_text()
    shown = {each["metadata"]["name"]: each["metadata"] for each in yaml.safe_load_all(text)}
    size = shown[service]["annotations"].get("nginx.ingress.kubernetes.io/proxy-body-size", "1m")
    assert int(size[:-1]) * {"k": 2**10, "m": 2**20}[size[-1]] >= largest_bytes


def test_the_brokers_of_the_base_are_those_of_the_example() -> None:
    documents = yaml.safe_load_all((BASE.parent / "examples" / "kafka.yaml").read_text())
    cluster = next(each for each in documents if each["kind"] == "Kafka")["metadata"]["name"]
    for service in SERVICES:
        settings = (BASE / "config" / f"{service.name}.env").read_text().splitlines()
        assert f"PAYMESH_KAFKA_BOOTSTRAP={cluster}-kafka-bootstrap:9093" in settings


def test_every_image_of_others_is_named_by_its_digest() -> None:
    assert list(images_by_tag_alone(BUILT_OR_STARTED)) == []
    assert len(BUILT_OR_STARTED) == 6


@pytest.mark.parametrize("line", ["FROM {} AS build", "ARG BASE={}", "    image: {}"])
@pytest.mark.parametrize("image", ["python", "python:3.13.9-slim-bookworm", "python@sha256:12"])
def test_an_image_that_a_push_could_change_is_refused(
    image: str, line: str, tmp_path: Path
) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(line.format(image) + "\n")
    assert [each for each in images_by_tag_alone([file]) if image in each]
