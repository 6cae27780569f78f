"""Hold the manifests up to a real API server; `--build` makes that one first.

It refuses what the schemas accept: names of ports that are too long, an update that could never go
on, a Job whose template changes, a pod that the restricted standard forbids, a member that an
operator's kind does not have. It is first given such objects, and must refuse each.
"""

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from paymesh_local import cluster_secrets, release
from paymesh_local.cluster.definitions import SOURCE
from paymesh_local.cluster.parts import Parts, build, folder
from paymesh_local.cluster.server import CHECK_EVERY_S, Cluster, running
from paymesh_local.cluster.spoiled import spoiled
from paymesh_local.commands import run
from paymesh_local.failure import CannotRun
from paymesh_local.manifests import BASE, EXAMPLES, OBSERVABILITY, OVERLAYS

NAMESPACE: Final = "paymesh"
"""Of what names none itself: the examples, what is watched, and releases from before overlays."""
RESTRICTED: Final = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
}
APPLY: Final = ("apply", "--server-side", "--force-conflicts", "--validate=strict")
ESTABLISHED_LOOKS: Final = 100
LONGEST_LINE: Final = 400
BUILT_FROM: Final = re.compile(r"k8s\.io/kubernetes (v\S+)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", action="store_true")
    options = parser.parse_args()
    kept = folder()
    try:
        if options.build:
            build(kept)
        parts = Parts.kept_in(kept)
        absent = parts.absent()
        if absent:
            print(f"  · manifests not held up to an API server: {', '.join(absent)} not there")
            print(f"    ({kept}); `make check-k8s BUILD=1` makes what can be made")
            return 0
        return asyncio.run(_judge(parts))
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1


async def _judge(parts: Parts) -> int:
    async with running(parts) as cluster:
        _apply(cluster, "-f", str(parts.definitions), what="definitions of operators")
        await _established(cluster)
        faults = [*_nodded(cluster), *_refused(cluster)]
        kept = _kept(cluster)
    for fault in faults:
        print(fault, file=sys.stderr)
    (version,) = BUILT_FROM.findall((SOURCE / "go.mod").read_text())
    summary = f"{len(faults)} faults" if faults else f"{kept} objects of ours taken"
    print(f"  {'✗' if faults else '✓'} manifests before kube-apiserver {version}: {summary}")
    return 1 if faults else 0


async def _established(cluster: Cluster) -> None:
    """`kubectl wait` gives up at once on a kind whose conditions the server has not written yet."""
    every = ("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    for _ in range(ESTABLISHED_LOOKS):
        done = await asyncio.to_thread(cluster.kubectl, *every)
        if not done.returncode:
            return
        await asyncio.sleep(CHECK_EVERY_S)
    raise CannotRun("The kinds of operators are not known", done.stderr)


def _nodded(cluster: Cluster) -> Iterator[str]:
    """Which of the spoiled objects the judge took, or refused for another reason."""
    _namespace(cluster, "spoiled")
    base = list(yaml.safe_load_all(_rendered(BASE)))
    for each in spoiled(base):
        answer = ""
        for document in each.documents:
            given = yaml.safe_dump(document)
            answer = cluster.kubectl(*APPLY, "-n", "spoiled", "-f", "-", given=given).stderr
        if each.refusal not in answer:
            yield f"the judge took {each.what}: {answer.strip() or 'no word'}"


def _refused(cluster: Cluster) -> Iterator[str]:
    """What of ours a cluster would not take, each overlay in its own namespace."""
    _namespace(cluster, NAMESPACE)
    yield from _last_release(cluster)
    for overlay in sorted(OVERLAYS.iterdir()):
        namespace = yaml.safe_load((overlay / "kustomization.yaml").read_text())["namespace"]
        _namespace(cluster, namespace)
        rendered = _rendered(overlay)
        yield from _faults(cluster, overlay.name, rendered, namespace)
        following = f"{overlay.name}, the release after"
        yield from _faults(cluster, following, _next_release(rendered), namespace)
    yield from _changed_secret(cluster)
    for file in (*sorted(EXAMPLES.glob("*.yaml")), *sorted(OBSERVABILITY.glob("*.yaml"))):
        yield from _faults(cluster, file.name, file.read_text(), NAMESPACE)


def _last_release(cluster: Cluster) -> Iterator[str]:
    """Put the last release where production goes: this tree is then applied over it, as it will be.

    It is judged by what it was; what it was warned of then is no fault of this tree.
    """
    commit = release.last().commit
    with tempfile.TemporaryDirectory() as scratch:
        try:
            packed = Path(scratch) / "release.tar"
            run("git", "archive", "-o", str(packed), commit, "deploy/k8s/base")
        except CannotRun:
            print(f"  · not applied over the last release: {commit[:12]} is not in this clone")
            return
        run("tar", "-xf", str(packed), "-C", scratch)
        rendered = _rendered(Path(scratch) / "deploy" / "k8s" / "base")
    done = cluster.kubectl(*APPLY, "-n", NAMESPACE, "-f", "-", given=rendered)
    if done.returncode:
        yield f"the last release could not be applied: {done.stderr}"


def _changed_secret(cluster: Cluster) -> Iterator[str]:
    """A folder of secrets as people make it, applied again with others, as each rotation does;
    and what is added where the read model is made anew."""
    namespace = "rotated"
    _namespace(cluster, namespace)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "mine"
        for time in ("first", "second"):
            cluster_secrets.write(made)
            if time == "second":
                _add_component(made, "rebuild-projections")
            rendered = _rendered(made).replace(
                f"namespace: {cluster_secrets.NAMESPACE}\n", f"namespace: {namespace}\n"
            )
            yield from _faults(cluster, f"secrets for the {time} time", rendered, namespace)
            shutil.rmtree(made)


def _add_component(overlay: Path, name: str) -> None:
    file = overlay / "kustomization.yaml"
    component = os.path.relpath(BASE.parent / "components" / name, overlay)
    changed = {**yaml.safe_load(file.read_text()), "components": [component]}
    file.write_text(yaml.safe_dump(changed))


def _next_release(rendered: str) -> str:
    """The same as the next version will be applied over it: images and Jobs renamed."""
    now = release.last().next
    after = ".".join([*now.split(".")[:-1], str(int(now.split(".")[-1]) + 1)])
    return rendered.replace(f":{now}", f":{after}").replace(
        "-" + now.replace(".", "-"), "-" + after.replace(".", "-")
    )


def _faults(cluster: Cluster, name: str, manifests: str, namespace: str) -> Iterator[str]:
    """Errors, and warnings too: a pod against the standard is only warned of in its Deployment."""
    done = cluster.kubectl(*APPLY, "-n", namespace, "-f", "-", given=manifests)
    for line in done.stderr.splitlines():
        if line.strip():
            yield f"{name}: {_short(line)}"


def _short(line: str) -> str:
    """An API server repeats the whole object between what it is and what is wrong with it."""
    return line if len(line) <= LONGEST_LINE else f"{line[:160]} … {line[-160:]}"


def _kept(cluster: Cluster) -> int:
    """How many objects with our label the cluster holds now."""
    kinds = cluster.kubectl("api-resources", "--verbs=list", "-o", "name").stdout.split()
    selected = ("get", ",".join(kinds), "-A", "-l", "app.kubernetes.io/part-of=paymesh")
    return len(cluster.kubectl(*selected, "-o", "name").stdout.splitlines())


def _namespace(cluster: Cluster, name: str) -> None:
    labelled: dict[str, Any] = {"name": name, "labels": RESTRICTED}
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": labelled}
    _apply(cluster, "-f", "-", given=yaml.safe_dump(wanted), what=f"namespace {name}")


def _apply(cluster: Cluster, *arguments: str, what: str, given: str = "") -> None:
    done = cluster.kubectl("apply", "--server-side", *arguments, given=given)
    if done.returncode:
        raise CannotRun(f"{what} could not be applied", done.stderr)


def _rendered(folder: Path) -> str:
    return run("kubectl", "kustomize", str(folder))


if __name__ == "__main__":
    sys.exit(main())
