"""A running sandbox, a merchant that hears its notifications, and public SDKs as their clients.

The SDKs know nothing of this repository: what they accept, and what they sign and the sandbox
accepts, is what merchants of the real third parties see.
"""

import queue
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.events.alerts import Alert
from gateway.calling.executor import Executor
from gateway.calling.transport import HttpTransport
from gateway.channels.registry import PLUGINS
from gateway.directory import ChannelAccount

from .plugin_calls import Open

HAS_NODE = (Path(__file__).parent / "node" / "node_modules").is_dir()
collect_ignore = [] if HAS_NODE else ["test_plugins_by_node.py", "test_asyncapi.py"]

NOTIFICATION_LIMIT_S = 10
STOP_LIMIT_S = 10
AHEAD = """
import time

real = time.time
time.time = lambda: real() + {ahead_s}
from sandbox.main import run
run()
"""
POLL_S = 0.02


@dataclass(frozen=True)
class RunningSandbox:
    """One process of the sandbox; `control` speaks to its control API."""

    url: str
    http: httpx.Client
    pid: int

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """The answer's JSON; raises for anything but success."""
        answer = self.http.request(method, f"/_control{path}", json=content)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def pay(self, payment_no: str, **more: Any) -> Any:
        return self.control("POST", "/pay", {"payment_no": payment_no, **more})

    def fault(self, channel: str, operation: str, fault: str, **more: Any) -> None:
        body = {"channel": channel_of(channel), "operation": operation, "fault": fault, **more}
        self.control("POST", "/faults", body)

    def trade(self, payment_no: str) -> Any:
        (trade,) = self.control("GET", f"/truth?payment_no={payment_no}")["trades"]
        return trade


@dataclass(frozen=True)
class Notification:
    """One request to the merchant."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Merchant:
    """Hears notifications and answers; for WeChat the status counts, for the others the body.

    `answers` are given first, one each, then `status` and `answer`.
    """

    url: str = ""
    status: int = 200
    answer: bytes = b"success"
    answers: deque[tuple[int, bytes]] = field(default_factory=deque)
    received: "queue.Queue[Notification]" = field(default_factory=queue.Queue)

    def next_notification(self) -> Notification:
        return self.received.get(timeout=NOTIFICATION_LIMIT_S)


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One for all tests of a worker."""
    with run_sandbox(free_port(), tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: RunningSandbox) -> Iterator[RunningSandbox]:
    """Without the faults of earlier tests."""
    yield sandbox_process
    sandbox_process.control("DELETE", "/faults")


@pytest.fixture
def credentials(sandbox: RunningSandbox) -> dict[str, dict[str, str]]:
    """The three sections of demo.json."""
    known: dict[str, dict[str, str]] = sandbox.control("GET", "/credentials")
    return known


@pytest.fixture
def certificates(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    """What certificate mode needs beside them."""
    known: dict[str, dict[str, Any]] = sandbox.control("GET", "/certificates")
    return known


@pytest.fixture
async def executor() -> AsyncIterator[Executor]:
    kept: list[Alert] = []
    async with HttpTransport() as transport:
        yield Executor(
            transport, now=lambda: datetime.now(UTC), monotonic=time.monotonic, tell=kept.append
        )


@pytest.fixture
def account(credentials: dict[str, dict[str, str]]) -> Open:
    """Opens the sandbox's merchant of a channel; a field that is changed to None is left out."""

    def opened(channel: str, **changed: Any) -> ChannelAccount:
        plugin = PLUGINS[channel_of(channel)]
        given = {**credentials[channel], **changed}
        filled = {name: value for name, value in given.items() if value is not None}
        checked = plugin.credentials.model_validate(filled)
        known = plugin.open_account(checked)
        return ChannelAccount("C01", "M01", True, plugin.of(known), known)

    return opened


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    receiver = Merchant()

    class MerchantServer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.put(Notification(dict(self.headers), body))
            usual = (receiver.status, receiver.answer)
            status, answer = receiver.answers.popleft() if receiver.answers else usual
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object, **more: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), MerchantServer)
    receiver.url = f"http://127.0.0.1:{server.server_port}/notices"
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,))
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def channel_of(section: str) -> str:
    """Of a section of demo.json: `easy_direct` is another product of easy."""
    return section.partition("_")[0]


@contextmanager
def run_sandbox(port: int, folder: Path, *, ahead_s: float = 0) -> Iterator[RunningSandbox]:
    """A process of its own, its clock so far ahead; notifications repeat a hundred times faster
    than in life."""
    command = [sys.executable, "-c", AHEAD.format(ahead_s=ahead_s)]
    command += ["--port", str(port), "--state-dir", str(folder)]
    command += ["--notification-time-scale", "0.01"]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("sandbox listens")
        try:
            with httpx.Client(base_url=url, timeout=10, trust_env=False) as http:
                yield RunningSandbox(url, http, process.pid)
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
