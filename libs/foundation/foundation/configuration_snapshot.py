"""The configuration as it was last read, on disk: for a start while Kafka is away.

Each record carries the proof of its writer and is asked for it again; secrets in it are sealed, and
so is the whole record, to the service's own key. What has not changed is not written again: a large
configuration costs its size once a start.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chassis.consumer import Record
from contracts.sealing import CannotOpen, Opener, seal

log = structlog.get_logger()

CONTEXT: Final = "configuration-snapshot"
PAGE_BYTES: Final = 4096
MOST_BYTES: Final = 192 * 1024 * 1024
"""40,000 records of 3 kB; logos are not among them. A volume holds it twice, for what is begun anew
stands beside what there was."""

WAIT_S: Final = 5.0

SCHEMA: Final = """
create table records (key text primary key, sealed text not null);
create table read (at real not null);
insert into read values (0);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """`read_at`: seconds since the epoch when this was all that there was."""

    records: Sequence[Record]
    read_at: float


def opener_of(secrets: str) -> Opener:
    """Of a service that nobody seals anything to: it seals its file to a key made of what else it
    keeps secret. `secrets`: separated by commas, the newest first."""
    texts = (f"{CONTEXT}:{each.strip()}" for each in secrets.split(","))
    made = (hashlib.sha256(each.encode()).digest() for each in texts)
    return Opener([X25519PrivateKey.from_private_bytes(each) for each in made])


class Snapshot:
    """One SQLite file, readable by its owner alone."""

    def __init__(self, path: Path, opener: Opener, *, most_bytes: int = MOST_BYTES) -> None:
        self._path = path.absolute()
        self._opener = opener
        self._most_pages = most_bytes // PAGE_BYTES
        self._turn = threading.Lock()
        self._kept: Mapping[str, Record] | None = None

    @classmethod
    def at(cls, path: Path | None, opener: Opener) -> Self | None:
        """None where it is kept nowhere."""
        return cls(path, opener) if path else None

    def keep(self, records: Mapping[str, Record], read_at: float) -> bool:
        """Write down what has changed since this was called before; all of it, in a new file, the
        first time and after trouble. Whether it is kept: a disk that is full or away is logged;
        nothing depends on it now. Takes as long as what is new is large: not for the event loop."""
        with self._turn:
            kept, self._kept = self._kept, None
            try:
                if kept is None:
                    self._begin(records, read_at)
                else:
                    self._go_on(kept, records, read_at)
            except (OSError, sqlite3.Error) as error:
                log.warning("configuration.snapshot_not_kept", reason=repr(error))
                return False
            self._kept = records
            return True

    def find(self) -> Kept | None:
        """None where there is none that can be read."""
        if not self._path.exists():
            return None
        try:
            with closing(_connect(f"{self._path.as_uri()}?mode=rw")) as file:
                sealed = file.execute("select key, sealed from records order by rowid").fetchall()
                ((read_at,),) = file.execute("select at from read").fetchall()
            return Kept([self._opened(*each) for each in sealed], read_at)
        except (OSError, sqlite3.Error, CannotOpen, ValueError) as error:
            log.warning("configuration.snapshot_unreadable", reason=repr(error))
            return None

    def _begin(self, records: Mapping[str, Record], read_at: float) -> None:
        unfinished = self._path.with_suffix(".new")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _remove(unfinished)
        unfinished.touch(0o600)
        with closing(self._open(unfinished)) as file:
            file.executescript(SCHEMA)
            self._write(file, records, (), read_at)
        self._settle()
        unfinished.replace(self._path)

    def _settle(self) -> None:
        """Leave no journal beside what there is: SQLite would play the old pages into whatever
        takes its place. Read once, a file takes back what a kill left half-written."""
        try:
            with closing(_connect(f"{self._path.as_uri()}?mode=rw")) as file:
                file.execute("select at from read").fetchall()
        except sqlite3.Error:
            _remove(self._path)

    def _go_on(
        self, kept: Mapping[str, Record], records: Mapping[str, Record], read_at: float
    ) -> None:
        changed = {key: each for key, each in records.items() if kept.get(key) is not each}
        with closing(self._open(self._path)) as file:
            self._write(file, changed, kept.keys() - records.keys(), read_at)

    def _write(
        self,
        file: sqlite3.Connection,
        changed: Mapping[str, Record],
        gone: Iterable[str],
        read_at: float,
    ) -> None:
        with file:  # one transaction
            file.executemany(
                "insert into records values (?, ?)"
                " on conflict (key) do update set sealed = excluded.sealed",
                ((key, self._sealed(key, record)) for key, record in changed.items()),
            )
            file.executemany("delete from records where key = ?", ((key,) for key in gone))
            file.execute("update read set at = ?", (read_at,))

    def _open(self, path: Path) -> sqlite3.Connection:
        file = _connect(f"{path.as_uri()}?mode=rw")
        file.execute(f"pragma max_page_count = {self._most_pages}")
        return file

    def _sealed(self, key: str, record: Record) -> str:
        shown = {**asdict(record), "value": record.value.decode()}
        return seal(self._opener.public_key, json.dumps(shown), context=f"{CONTEXT}:{key}")

    def _opened(self, key: str, sealed: str) -> Record:
        shown = json.loads(self._opener.open(sealed, context=f"{CONTEXT}:{key}"))
        value = shown["value"].encode()
        return Record(**{**shown, "value": value, "partition": -1, "offset": -1})


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _remove(path: Path) -> None:
    """The file first: half-written and without its journal, it would be taken for whole."""
    path.unlink(missing_ok=True)
    _journal_of(path).unlink(missing_ok=True)


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=WAIT_S)
