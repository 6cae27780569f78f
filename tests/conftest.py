"""What all layers of tests share: a database, a broker, and a fresh database for each test.

The servers belong to the run (`paymesh_local.testbed`): each is started when a test first asks,
is shared by the workers, and ends with the pytest that was called.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import hypothesis
import pytest
import structlog
from tests.databases import Databases, connected

from chassis import migrations
from paymesh_local import kafka, ports, testbed

SOCKET_VARIABLE = "TESTBED_SOCKET"
TESTS = Path(__file__).parent
LONGEST_IN_NAME = 40

os.environ["PAYMESH_KAFKA_SECURITY"] = "plain"  # What a service must be told, or it asks for TLS.

hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")  # How busy the machine is says nothing of the code.

MakeDatabase = Callable[[str], Awaitable[str]]


def pytest_configure(config: pytest.Config) -> None:
    """The pytest that was called starts the testbed; its workers inherit the address."""
    _log_tracebacks_as_they_are()
    cast(dict[str, object], sys.modules)["sniffio"] = None  # httpx looks for it at each request.
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="paymesh-tests-", ignore_cleanup_errors=True)
    address = Path(folder.name) / "testbed"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        number = listener.fileno()
        command = (sys.executable, "-m", "paymesh_local.testbed", str(number))
        process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number])
    os.environ[SOCKET_VARIABLE] = str(address)

    def end() -> None:
        if "DATABASE_URL" in os.environ:
            asyncio.run(_drop_databases_of_this_run(os.environ["DATABASE_URL"]))
        process.communicate()  # closes its input, and waits
        folder.cleanup()

    config.add_cleanup(end)


def _log_tracebacks_as_they_are() -> None:
    """With all locals, as structlog would print them here, each took a fifth of a second."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    *before, _ = structlog.get_config()["processors"]
    structlog.configure(processors=[*before, renderer])


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares a stack or a file's set-up stays on one worker (`--dist loadgroup`)."""
    for item in items:
        layer, *_ = item.path.relative_to(TESTS).parts
        if layer in ("e2e", "fuzz"):
            item.add_marker(pytest.mark.xdist_group(layer))
        elif layer == "integration":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files and keys have no place in a test's name, least of all those made anew each time."""
    return f"{argname}-" if isinstance(val, str | bytes) and len(val) > LONGEST_IN_NAME else None


def pytest_report_header() -> list[str]:
    browser = "chromium" if shutil.which("chromium") else "none; without payers' browsers"
    return [
        f"database: {_database_in_words()}",
        f"broker: {_broker_in_words()}",
        f"browser: {browser}",
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Once more at the end, where it is seen, if real Kafka was to be had and was not."""
    if "KAFKA_BOOTSTRAP" not in os.environ and kafka.missing() is not None:
        terminalreporter.write_line(f"broker: {_broker_in_words()}")
    if not shutil.which("chromium"):
        terminalreporter.write_line("browser: no chromium; our page was tried by HTTP only")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a server where databases may be made: `DATABASE_URL`, or an embedded one."""
    return os.environ.get("DATABASE_URL") or _ask("postgres")["url"]


@pytest.fixture(scope="session")
def kafka_bootstrap() -> str:
    """`KAFKA_BOOTSTRAP`, or Kafka started for this run, or the embedded broker without Java.

    All tests of a run share it: use a topic or a consumer group of your own.
    """
    return os.environ.get("KAFKA_BOOTSTRAP") or _ask("kafka shared")["bootstrap"]


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Databases:
    return Databases(postgres_server, _run())


@pytest.fixture
def unused_tcp_port() -> int:
    """Instead of one that somebody else may be given before the test has come to use it."""
    return ports.any_free()


@pytest.fixture
def unused_tcp_port_factory() -> Callable[[], int]:
    return ports.any_free


@pytest.fixture
async def postgres_url(databases: Databases) -> AsyncIterator[str]:
    """An empty database of this test's own."""
    async with databases.like("template0") as url:
        yield url


@pytest.fixture
async def make_database(databases: Databases) -> AsyncIterator[MakeDatabase]:
    """`await make_database("trade_core")`: a database of this test's own, fully migrated."""
    async with AsyncExitStack() as made:

        async def make(package: str) -> str:
            template = await _template(databases, package)
            return await made.enter_async_context(databases.like(template))

        yield make


async def _template(databases: Databases, package: str) -> str:
    """Migrated once per run; the other workers wait for the one that does it."""
    name = f"{_run()}_template_{package}"
    async with connected(databases.server_url) as admin:
        await admin.execute("SELECT pg_advisory_lock(hashtext($1))", name)
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            unfinished = f"{name}_new"
            await admin.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE template0')
            url = databases.url_of(unfinished)
            await asyncio.to_thread(migrations.upgrade, package, url)
            await admin.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


async def _drop_databases_of_this_run(server: str) -> None:
    """Only a given server outlives the run."""
    async with connected(server) as admin:
        rows = await admin.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", _run()
        )
        for row in rows:
            await admin.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')


def _run() -> str:
    """The prefix of this run's databases."""
    return Path(os.environ[SOCKET_VARIABLE]).parent.name.replace("-", "_")


def _ask(request: str) -> dict[str, str]:
    return testbed.ask(Path(os.environ[SOCKET_VARIABLE]), request)


def _database_in_words() -> str:
    return "given by DATABASE_URL" if "DATABASE_URL" in os.environ else "embedded PostgreSQL"


def _broker_in_words() -> str:
    if "KAFKA_BOOTSTRAP" in os.environ:
        return "given by KAFKA_BOOTSTRAP"
    reason = kafka.missing()
    if reason is None:
        return "real Apache Kafka"
    return f"the embedded one, not real Kafka: {reason}"
