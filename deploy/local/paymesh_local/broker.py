"""The embedded broker: librdkafka's mock cluster, real Kafka protocol on a TCP port of 127.0.0.1.

`python -m paymesh_local.broker` prints its bootstrap address and serves until its standard input
ends or SIGTERM comes. In memory only, one consumer per group and topic, no compaction and no
topic creation API; our topics are made at the start. The mock cluster's C interface
(rdkafka_mock.h) is called in the library that `confluent_kafka` brings along, because the
Python one can set neither partitions nor the rebalance delay.
"""

import contextlib
import ctypes
import signal
import sys
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int32, c_size_t, c_void_p
from pathlib import Path
from typing import Any, Final

from contracts import topics
from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.processes import Process, Program

PARTITIONS: Final = 4
"""As many as the mock cluster gives a topic that it does not know, such as those of the floor of
`make bench`: a group has one member here, and each partition costs something in every fetch."""

STOP_GRACE_S: Final = 2.0

_PRODUCER: Final = 0  # RD_KAFKA_PRODUCER: any handle can carry a mock cluster


class EmbeddedBroker:
    """The broker as a child process. It forgets everything when it ends."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.process: Process | None = None
        self.bootstrap = ""

    async def start(self) -> Process:
        """Start it; `bootstrap` is set afterwards, another one after each start.

        Raises:
            CannotRun: it does not come up.
        """
        command = (sys.executable, "-m", "paymesh_local.broker")
        self.process = await processes.start(Program("broker", command, self._log, piped=True))
        try:
            self.bootstrap = await self.process.read_line()
        except BaseException:
            await self.stop()
            raise
        if not self.bootstrap:
            raise CannotRun("The embedded broker did not start", processes.tail(self._log))
        return self.process

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(STOP_GRACE_S)
            self.process = None


def main() -> None:
    library = _Librdkafka()
    cluster = library.cluster()
    library.react_at_once(cluster)
    for topic in topics.ALL:
        library.create_topic(cluster, topic)
    print(library.bootstrap(cluster), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.buffer.read()


class _Librdkafka:
    """The few functions of rdkafka.h and rdkafka_mock.h that are needed."""

    def __init__(self) -> None:
        from confluent_kafka import cimpl

        self._library = ctypes.CDLL(cimpl.__file__)

    def cluster(self) -> c_void_p:
        """A mock cluster with one broker, listening."""
        error = ctypes.create_string_buffer(512)
        new_handle = self._function("rd_kafka_new", c_void_p, c_int, c_void_p, c_char_p, c_size_t)
        handle = new_handle(_PRODUCER, None, error, len(error))
        if not handle:
            raise CannotRun(f"librdkafka: {error.value.decode()}")
        new_cluster = self._function("rd_kafka_mock_cluster_new", c_void_p, c_void_p, c_int)
        return c_void_p(new_cluster(handle, 1))

    def bootstrap(self, cluster: c_void_p) -> str:
        function = self._function("rd_kafka_mock_cluster_bootstraps", c_char_p, c_void_p)
        address: bytes = function(cluster)
        return address.decode()

    def react_at_once(self, cluster: c_void_p) -> None:
        """A new group gets its partitions without the three seconds that Kafka waits for more."""
        name = "rd_kafka_mock_group_initial_rebalance_delay_ms"
        self._function(name, None, c_void_p, c_int32)(cluster, 0)

    def create_topic(self, cluster: c_void_p, topic: str) -> None:
        function = self._function(
            "rd_kafka_mock_topic_create", c_int, c_void_p, c_char_p, c_int, c_int
        )
        if function(cluster, topic.encode(), PARTITIONS, 1) != 0:
            raise CannotRun(f"librdkafka cannot create the topic {topic}")

    def _function(self, name: str, result: type | None, *arguments: type) -> Callable[..., Any]:
        function = self._library[name]
        function.restype = result
        function.argtypes = arguments
        return function


if __name__ == "__main__":
    main()
