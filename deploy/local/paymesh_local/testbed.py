"""The servers of one test run, started when first asked for and shared by all its processes.

`python -m paymesh_local.testbed FD` is started by the pytest that the person called, and ends
with everything it has started when its standard input ends, so nothing stays however the tests
end. FD is a listening Unix socket that it inherits; each line there is answered by one line of
JSON: `postgres` → `{"url"}`, `kafka NAME` → `{"bootstrap", "pid"}`, where another name is another
broker, and `{"error"}` where it cannot be had. `again kafka NAME` starts that one anew, at the same
address with what it has on disk, for tests that have killed it.
"""

import asyncio
import json
import secrets
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final, Protocol

from paymesh_local import kafka
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.failure import CannotRun
from paymesh_local.kafka import Kafka
from paymesh_local.postgres import Postgres

ANSWER_LIMIT_S: Final = 300.0
"""Long enough for Maven's first download of the jars."""


def ask(socket_path: Path, request: str) -> dict[str, str]:
    """Ask the testbed of this run; blocks until the server is up.

    Raises:
        CannotRun: it could not be started.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_LIMIT_S)
        connection.connect(str(socket_path))
        connection.sendall(request.encode() + b"\n")
        with connection.makefile() as lines:
            answer: dict[str, str] = json.loads(lines.readline() or '{"error": "testbed ended"}')
    if "error" in answer:
        raise CannotRun(answer["error"])
    return answer


class _Server(Protocol):
    async def stop(self) -> None: ...


class Testbed:
    """Starts each server once, also when several ask for it at the same time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: list[_Server] = []
        self._kafkas: dict[str, Kafka] = {}
        self._answers: dict[str, asyncio.Task[dict[str, str]]] = {}

    async def answer(self, request: str) -> dict[str, str]:
        bare = request.removeprefix("again ")
        try:
            if bare != request:
                return await self._start_again(bare)
            if request not in self._answers:
                self._answers[request] = asyncio.ensure_future(self._start(request))
            return await asyncio.shield(self._answers[request])
        except CannotRun as error:
            self._answers.pop(bare, None)  # The next who asks may find a calmer machine.
            return {"error": str(error)}

    async def stop(self) -> None:
        await asyncio.gather(*(server.stop() for server in self._running))

    async def _start(self, request: str) -> dict[str, str]:
        log = self._directory / f"{request.replace(' ', '-')}.log"
        match request.split():
            case ["postgres"]:
                return await self._postgres(log)
            case ["kafka", name] if kafka.missing() is None:
                server = Kafka(self._directory / f"kafka-{name}", log)
                self._running.append(server)
                self._kafkas[request] = server
                return await self._started(server)
            case ["kafka", _]:
                broker = EmbeddedBroker(log)
                self._running.append(broker)
                return await self._started(broker)
            case _:
                raise CannotRun(f"The testbed has no {request!r}")

    async def _postgres(self, log: Path) -> dict[str, str]:
        password = secrets.token_urlsafe()
        server = Postgres(self._directory / "postgres", log, password=password, durable=False)
        self._running.append(server)
        await server.start()
        return {"url": server.url()}

    async def _start_again(self, request: str) -> dict[str, str]:
        if request not in self._kafkas:
            raise CannotRun(f"The testbed has no {request!r} that it could start again")
        await self._kafkas[request].stop()
        return await self._started(self._kafkas[request])

    async def _started(self, broker: Kafka | EmbeddedBroker) -> dict[str, str]:
        process = await broker.start()
        return {"bootstrap": broker.bootstrap, "pid": str(process.pid)}


async def _serve(listener: socket.socket, directory: Path) -> None:
    testbed = Testbed(directory)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = await testbed.answer((await reader.readline()).decode().strip())
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    server = await asyncio.start_unix_server(converse, sock=listener)
    try:
        await _input_ended()
    finally:
        server.close()
        await testbed.stop()


async def _input_ended() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # the pytest it serves decides
    loop.add_reader(sys.stdin.fileno(), ended.set)  # nobody writes: readable means ended
    await ended.wait()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="paymesh-testbed-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o711)  # PostgreSQL may run as another user
        asyncio.run(_serve(socket.socket(fileno=int(sys.argv[1])), directory))


if __name__ == "__main__":
    main()
