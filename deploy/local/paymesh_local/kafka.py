"""Real Apache Kafka on one machine: one KRaft node run from the jars that `pom.xml` names."""

import asyncio
import contextlib
import functools
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from contracts import topics
from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.paths import REPOSITORY
from paymesh_local.ports import LOOPBACK, any_free
from paymesh_local.processes import Process, Program

FOLDER: Final = REPOSITORY / "deploy" / "local" / "kafka"
JARS: Final = FOLDER / "jars"
LOGGING: Final = FOLDER / "log4j2.properties"

MIN_JAVA: Final = 17
PARTITIONS: Final = 8
START_LIMIT_S: Final = 60.0
STOP_GRACE_S: Final = 5.0
CLUSTER_ID: Final = "paymesh-on-one-machine"

SMALL: Final = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions={partitions}
auto.create.topics.enable=true
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


class Kafka:
    """One node with its data in `directory`; our topics are made when it is up."""

    def __init__(self, directory: Path, log: Path) -> None:
        self._directory = directory
        self._log = log
        port, controller_port = any_free(), any_free()
        self.bootstrap = f"{LOOPBACK}:{port}"
        self._properties = PROPERTIES.format(
            host=LOOPBACK,
            port=port,
            controller_port=controller_port,
            data=directory / "data",
            partitions=PARTITIONS,
        )
        self.process: Process | None = None

    async def start(self) -> Process:
        """Format, start, make the topics.

        Raises:
            CannotRun: it does not come up; the message carries the end of its log.
        """
        await _ensure_jars(self._log)
        self._directory.mkdir(parents=True, exist_ok=True)
        properties = self._directory / "server.properties"
        properties.write_text(self._properties)
        format_data = (
            "kafka.tools.StorageTool", "format", "--ignore-formatted",
            "--cluster-id", CLUSTER_ID, "--config", str(properties),
        )  # fmt: skip
        await processes.run(self._java(*format_data))
        self.process = await processes.start(self._java("kafka.Kafka", str(properties)))
        try:
            await self._answers(self.process)
        except BaseException:
            await self.stop()
            raise
        return self.process

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(STOP_GRACE_S)
            self.process = None

    def _java(self, *arguments: str) -> Program:
        command = (
            "java", *SMALL, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{JARS}/*", *arguments,
        )  # fmt: skip
        return Program("kafka", processes.tied(command), self._log)

    async def _answers(self, process: Process) -> None:
        deadline = asyncio.get_running_loop().time() + START_LIMIT_S
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                how = processes.ended(process.returncode)
                raise CannotRun(f"Kafka {how}", processes.tail(self._log))
            if await _is_open(self.bootstrap):
                with contextlib.suppress(KafkaError):
                    await create_topics(self.bootstrap)
                    return
            await asyncio.sleep(0.1)
        raise CannotRun("Kafka does not answer", processes.tail(self._log))


def missing() -> str | None:
    """Why real Kafka cannot run here; None when it can."""
    java = _java_version()
    if java is None:
        return "there is no Java"
    if java < MIN_JAVA:
        return f"Java is {java}, not {MIN_JAVA} or newer"
    if not any(JARS.glob("kafka_*.jar")) and shutil.which("mvn") is None:
        return "there is no Maven to fetch its jars"
    return None


async def create_topics(bootstrap: str) -> None:
    """Make our topics, the compacted ones as such; those that exist stay as they are."""
    wanted = [
        NewTopic(name, PARTITIONS, 1, topic_configs=_configuration(name)) for name in topics.ALL
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        with contextlib.suppress(TopicAlreadyExistsError):
            await admin.create_topics(wanted)
    finally:
        await admin.close()


def _configuration(topic: str) -> dict[str, str]:
    return {"cleanup.policy": "compact"} if topic in topics.COMPACTED else {}


async def _ensure_jars(log: Path) -> None:
    """Let Maven copy the jars, once per checkout."""
    if any(JARS.glob("kafka_*.jar")):
        return
    unfinished = JARS.with_name("jars.new")
    command = (
        "mvn", "-q", "-B", "-Dstyle.color=never", "-f", str(FOLDER / "pom.xml"),
        "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}",
    )  # fmt: skip
    await processes.run(Program("mvn", processes.tied(command), log))
    unfinished.rename(JARS)


async def _is_open(address: str) -> bool:
    host, _, port = address.partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


@functools.cache
def _java_version() -> int | None:
    if shutil.which("java") is None:
        return None
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)', answer.stderr)
    return int(match.group(1)) if match else None
