"""Real Apache Kafka on one machine: one KRaft node run from the jars that `pom.xml` names."""

import asyncio
import contextlib
import fcntl
import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
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
START_LIMIT_S: Final = 180.0
STOP_GRACE_S: Final = 5.0
CLUSTER_ID: Final = "paymesh-on-one-machine"

SMALL: Final = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://{host}:{controller_port}
advertised.listeners={advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
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

SECURED: Final = """\
ssl.keystore.type=PEM
ssl.keystore.location={key_and_certificate}
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


@dataclass(frozen=True, slots=True)
class Secured:
    """Two more doors, with TLS, for tests: one for anybody who trusts us, one for users by name
    and password. `key_and_certificate`: a PEM file with the server's own (PKCS #8)."""

    key_and_certificate: Path
    username: str
    password: str


class Kafka:
    """One node with its data in `directory`; our topics are made when it is up. Where it is
    `secured`, it is also at `tls_bootstrap` and `sasl_bootstrap`. `proxy`: the port of a proxy
    before `proxied_port`; who comes by it is sent there for all that follows."""

    def __init__(
        self,
        directory: Path,
        log: Path,
        secured: Secured | None = None,
        *,
        proxy: int | None = None,
    ) -> None:
        self._directory = directory
        self._log = log
        self._secured = secured
        self.bootstrap, self.tls_bootstrap, self.sasl_bootstrap = (
            f"{LOOPBACK}:{any_free()}" for _ in range(3)
        )
        listeners = f"PLAINTEXT://{self.bootstrap}"
        if secured is not None:
            listeners += f",SSL://{self.tls_bootstrap},SASL_SSL://{self.sasl_bootstrap}"
        self.proxied_port = any_free()
        at_proxy = f",PROXIED://{LOOPBACK}:{proxy}" if proxy else ""
        behind_proxy = f",PROXIED://{LOOPBACK}:{self.proxied_port}" if proxy else ""
        self._properties = PROPERTIES.format(
            host=LOOPBACK,
            listeners=listeners + behind_proxy,
            advertised=listeners + at_proxy,
            controller_port=any_free(),
            data=directory / "data",
            partitions=PARTITIONS,
        )
        if secured is not None:
            self._properties += SECURED.format(key_and_certificate=secured.key_and_certificate)
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
            "--cluster-id", CLUSTER_ID, "--config", str(properties), *self._users(),
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

    def _users(self) -> tuple[str, ...]:
        if self._secured is None:
            return ()
        name, password = self._secured.username, self._secured.password
        return ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")

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
    """Let Maven copy the jars, once per checkout: who comes meanwhile waits for them."""
    if _has_jars():
        return
    with JARS.with_name("jars.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not _has_jars():
            await _copy_jars(log)


def _has_jars() -> bool:
    return any(JARS.glob("kafka_*.jar"))


async def _copy_jars(log: Path) -> None:
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
