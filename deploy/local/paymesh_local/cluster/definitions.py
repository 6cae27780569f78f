"""The kinds that operators teach a cluster, as the operators publish them.

Most come with an operator's Go module; Strimzi's are written down by its own program, from Maven.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from paymesh_local.commands import run
from paymesh_local.paths import REPOSITORY

SOURCE: Final = REPOSITORY / "deploy" / "k8s" / "judge"
"""What the judge is built from: Go's go.mod, Maven's pom.xml."""

GO_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "github.com/external-secrets/external-secrets@v0.16.2": (
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    ),
    "github.com/kedacore/keda/v2@v2.16.1": (
        "config/crd/bases/keda.sh_scaledobjects.yaml",
        "config/crd/bases/keda.sh_triggerauthentications.yaml",
    ),
    "github.com/cloudnative-pg/cloudnative-pg@v1.27.0": (
        "config/crd/bases/postgresql.cnpg.io_clusters.yaml",
        "config/crd/bases/postgresql.cnpg.io_databases.yaml",
        "config/crd/bases/postgresql.cnpg.io_scheduledbackups.yaml",
    ),
}
"""The module of each operator, and the files in it that define kinds."""

STRIMZI: Final[Mapping[str, str]] = {
    "kafkas.yaml": "io.strimzi.api.kafka.model.kafka.Kafka",
    "kafkanodepools.yaml": "io.strimzi.api.kafka.model.nodepool.KafkaNodePool",
    "kafkatopics.yaml": "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "kafkausers.yaml": "io.strimzi.api.kafka.model.user.KafkaUser",
}
FILES: Final = frozenset(
    {*STRIMZI, *(Path(each).name for files in GO_MODULES.values() for each in files)}
)


def complete(folder: Path) -> bool:
    return folder.is_dir() and {each.name for each in folder.iterdir()} >= FILES


def collect(target: Path) -> None:
    """Make the folder anew: all of it or nothing.

    Raises:
        CannotRun: Go, Maven or Java is absent, or something could not be fetched.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "definitions"
        made.mkdir()
        for module, files in GO_MODULES.items():
            fetched = json.loads(run("go", "mod", "download", "-json", module, cwd=SOURCE))
            for file in files:
                shutil.copyfile(Path(fetched["Dir"]) / file, made / Path(file).name)
        _write_strimzis(made, jars=Path(scratch) / "jars")
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def _write_strimzis(made: Path, *, jars: Path) -> None:
    copy = ("dependency:copy-dependencies", f"-DoutputDirectory={jars}")
    run("mvn", "-q", "-B", "-Dstyle.color=never", "-f", "pom.xml", *copy, cwd=SOURCE)
    wanted = [f"{kind}={made / file}" for file, kind in STRIMZI.items()]
    generator = ("-cp", f"{jars}/*", "io.strimzi.crdgenerator.CrdGenerator", "--yaml")
    run("java", *generator, *wanted, cwd=SOURCE)
