"""A start without Kafka takes the configuration from disk: sealed, signed, at most a day old."""

import asyncio
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, stamp

from chassis.consumer import Record
from chassis.producer import Message
from chassis.web import Remark
from contracts import record_proof, sealing
from contracts.events.configuration import logo_of
from contracts.topics import MERCHANT_CONFIG
from foundation import configuration_replica, configuration_snapshot
from foundation.configuration_replica import OLDEST_S, ConfigurationReplica
from foundation.configuration_snapshot import Snapshot, opener_of
from foundation.record_proof import RecordProof

OPENER = sealing.Opener.of(sealing.generate().private_key)
HEADERS = {"ce_type": "configuration"}


def signed(key: str, value: bytes) -> Record:
    message = stamp(Message(MERCHANT_CONFIG, key, value, HEADERS))
    return Record(MERCHANT_CONFIG, 0, 7, key, value, dict(message.headers), 5)


class Reader:
    """A replica of which nothing is behind."""

    def __init__(self, path: Path, *, public_keys: str = CONFIGURATION_PUBLIC_KEY) -> None:
        self.applied: list[tuple[str | None, bytes]] = []
        self.replica = ConfigurationReplica(
            bootstrap="127.0.0.1:1",
            proof=RecordProof(record_proof.public_keys(public_keys)),
            apply=lambda record: self.applied.append((record.key, record.value)),
            snapshot=Snapshot(path, OPENER),
            patience_s=0.01,
        )

    async def starts_without_kafka(self) -> None:
        stop = asyncio.Event()
        keeping = asyncio.ensure_future(self.replica.keep(stop))
        await asyncio.sleep(0.05)
        stop.set()
        await keeping


def kept(path: Path, *, age_s: float = 0.0) -> None:
    records = {"M1": signed("M1", b'{"a":1}'), "M2": signed("M2", b'{"a":2}')}
    Snapshot(path, OPENER).keep(records, time.time() - age_s)


async def test_what_was_read_is_there_after_a_start_without_kafka(tmp_path: Path) -> None:
    path = tmp_path / "inside" / "configuration"
    kept(path, age_s=60)
    reader = Reader(path)
    assert not reader.replica.is_usable()

    await reader.starts_without_kafka()

    assert reader.applied == [("M1", b'{"a":1}'), ("M2", b'{"a":2}')]
    remark = reader.replica.ready()
    assert isinstance(remark, Remark)
    assert re.search(r"\b6\d s old", remark)
    assert path.stat().st_mode & 0o077 == 0
    assert b'"a":1' not in path.read_bytes()


async def test_a_snapshot_older_than_a_day_is_not_taken(tmp_path: Path) -> None:
    kept(tmp_path / "c", age_s=OLDEST_S + 60)
    reader = Reader(tmp_path / "c")
    await reader.starts_without_kafka()
    assert reader.applied == []
    assert not reader.replica.is_usable()


async def test_kafka_that_answers_comes_first(tmp_path: Path) -> None:
    kept(tmp_path / "c")
    reader = Reader(tmp_path / "c")
    reader.replica.caught_up.set()
    await reader.starts_without_kafka()
    assert reader.applied == []
    assert reader.replica.ready() is True


UNREADABLE = ["", "garbage", sealing.seal(OPENER.public_key, "{}", context="x"), "x" * 8192]


@pytest.mark.parametrize("content", UNREADABLE)
async def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "c").write_text(content)
    reader = Reader(tmp_path / "c")
    await reader.starts_without_kafka()
    assert not reader.replica.is_usable()


def records(*names: str) -> dict[str, Record]:
    return {name: signed(name, name.encode()) for name in names}


def names_in(path: Path) -> list[str | None]:
    found = Snapshot(path, OPENER).find()
    assert found is not None
    return [record.key for record in found.records]


def test_only_what_has_changed_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large configuration would hold the service up, and fill its volume, every half minute."""
    written: list[str] = []

    def seal(public_key: str, text: str, *, context: str) -> str:
        written.append(context.rpartition(":")[2])
        return sealing.seal(public_key, text, context=context)

    monkeypatch.setattr(configuration_snapshot, "seal", seal)
    snapshot, there = Snapshot(tmp_path / "c", OPENER), records("M1", "M2", "M3")
    snapshot.keep(there, 1.0)
    assert written == ["M1", "M2", "M3"]
    del written[:]
    snapshot.keep(dict(there), 2.0)
    assert written == []
    changed = there | records("M2", "M4")
    del changed["M1"]
    snapshot.keep(changed, 3.0)
    assert written == ["M2", "M4"]
    found = Snapshot(tmp_path / "c", OPENER).find()
    assert found is not None
    assert found.read_at == 3.0
    assert sorted(str(record.key) for record in found.records) == ["M2", "M3", "M4"]


@pytest.mark.parametrize("content", [*UNREADABLE, None])
def test_a_file_that_was_lost_or_spoiled_is_written_anew_and_whole(
    tmp_path: Path, content: str | None
) -> None:
    path, there = tmp_path / "c", records("M1", "M2")
    snapshot = Snapshot(path, OPENER)
    snapshot.keep(there, 1.0)
    path.unlink()
    if content is not None:
        path.write_text(content)
    there |= records("M3")
    for _ in range(2):  # the first time it is noticed
        snapshot.keep(there, 2.0)
    assert names_in(path) == ["M1", "M2", "M3"]


def test_more_than_the_volume_holds_is_not_kept_and_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c"
    snapshot = Snapshot(path, OPENER, most_bytes=64 * 1024)
    small, large = records("M1"), {"M2": signed("M2", b"x" * 100_000)}
    assert snapshot.keep(small, 1.0)
    assert not snapshot.keep(small | large, 2.0)
    assert names_in(path) == ["M1"]
    assert snapshot.keep(small, 3.0)
    found = Snapshot(path, OPENER).find()
    assert found is not None
    assert found.read_at == 3.0


def test_what_was_killed_while_it_wrote_is_as_it_was_before(tmp_path: Path) -> None:
    path, killed = tmp_path / "c", tmp_path / "killed"
    there = {f"M{number}": signed(f"M{number}", b"x" * 2_000) for number in range(200)}
    Snapshot(path, OPENER).keep(there, 1.0)
    with closing(sqlite3.connect(path)) as file:
        file.execute("pragma cache_size = 1")  # so that half of it is on the disk
        file.execute("update records set sealed = 'half'")
        for ending in ("", "-journal"):
            shutil.copy(f"{path}{ending}", f"{killed}{ending}")
        file.rollback()
    assert b"half" in killed.read_bytes()
    found = Snapshot(killed, OPENER).find()
    assert found is not None
    assert [record.key for record in found.records] == list(there)


KILLED: Final = """
import os, signal, sys
from pathlib import Path
from chassis.consumer import Record
from foundation.configuration_snapshot import Snapshot, opener_of

class Kills(bytes):
    def decode(self, *_):
        os.kill(os.getpid(), signal.SIGKILL)

def records(last):
    values = {f"K{number}": b"old" + b"x" * 3_000 for number in range(1_000)} | {"K999": last}
    return {key: Record("t", 0, 0, key, value, {}, 0) for key, value in values.items()}

snapshot = Snapshot(Path(sys.argv[1]), opener_of("secret"))
snapshot.keep(records(b"old"), 1.0)
snapshot.keep(records(Kills()), 2.0)
"""


@pytest.mark.parametrize("then", ["", "spoiled", "lost"])
def test_what_is_written_after_a_kill_is_not_mixed_with_what_was_there_before(
    tmp_path: Path, then: str
) -> None:
    """A key that was revoked meanwhile came back with the old pages."""
    path, opener = tmp_path / "c", opener_of("secret")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    journal = Path(f"{path}-journal")
    assert journal.read_bytes()[0] != 0, "SQLite would find nothing to take back"
    if then == "spoiled":
        path.write_bytes(b"x" * 8192)
    if then == "lost":
        path.unlink()

    now = {f"K{n}": Record("t", 0, 0, f"K{n}", b"new" * 1_000, {}, 0) for n in range(500, 1_100)}
    Snapshot(path, opener).keep(now, 3.0)

    assert not journal.exists()
    found = Snapshot(path, opener).find()
    assert found is not None
    assert found.read_at == 3.0
    assert {each.key: each.value for each in found.records} == {
        key: each.value for key, each in now.items()
    }


def test_a_record_under_another_key_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "c"
    Snapshot(path, OPENER).keep(records("M1"), 1.0)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("update records set key = 'M2'")
    assert Snapshot(path, OPENER).find() is None


async def test_records_of_a_stranger_in_the_file_change_nothing(tmp_path: Path) -> None:
    kept(tmp_path / "c")
    reader = Reader(tmp_path / "c", public_keys=record_proof.generate().public_key)
    await reader.starts_without_kafka()
    assert reader.applied == []
    assert "none of its 2 records" in str(reader.replica.ready())


async def test_logos_are_neither_kept_nor_held(tmp_path: Path) -> None:
    """Only the gateway shows them, and pages go without while Kafka is away."""
    reader = Reader(tmp_path / "c")
    for record in (signed("M1", b"{}"), signed(logo_of("M1"), b"x" * 90_000)):
        reader.replica.handle(record)
    assert [key for key, _ in reader.applied] == ["M1", logo_of("M1")]
    reader.replica.caught_up.set()
    reader.replica._see(is_behind=False)
    assert await reader.replica.save()
    assert names_in(tmp_path / "c") == ["M1"]
    assert list(reader.replica._latest) == ["M1"]


class Full(Snapshot):
    """Of a volume that holds nothing; `tries`: when it was asked to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, OPENER)
        self.tries: list[float] = []
        self.has_room = False

    def keep(self, records: Mapping[str, Record], read_at: float) -> bool:
        self.tries.append(time.monotonic())
        return self.has_room


async def test_what_cannot_be_kept_is_told_and_tried_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("CHECK_EVERY_S", 0.01), ("KEEP_EVERY_S", 0.1), ("KEEP_AGAIN_S", 0.4)):
        monkeypatch.setattr(configuration_replica, name, value)
    reader, snapshot = Reader(tmp_path / "c"), Full(tmp_path / "c")
    reader.replica._snapshot = snapshot
    reader.replica.caught_up.set()
    reader.replica._see(is_behind=False)
    stop = asyncio.Event()
    keeping = asyncio.ensure_future(reader.replica.keep(stop))

    async def until(is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():
                reader.replica.handle(signed("M1", b"{}"))  # News alone are no reason to try.
                await asyncio.sleep(0.01)

    await until(lambda: len(snapshot.tries) >= 5)
    took_s = snapshot.tries[4] - snapshot.tries[0]
    assert took_s > 1.0, "0.2, and three times 0.4"
    assert reader.replica.unkept_s > 1.0
    snapshot.has_room = True
    await until(lambda: reader.replica.unkept_s == 0)
    stop.set()
    await keeping


async def test_what_is_deleted_leaves_the_next_snapshot(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "c")
    for record in (signed("M1", b"{}"), signed("M2", b"{}"), signed("M1", b"")):
        reader.replica.handle(record)
    await reader.replica.save()
    assert not (tmp_path / "c").exists()  # Nobody has said that this is all.

    reader.replica.caught_up.set()
    reader.replica._see(is_behind=False)
    await reader.replica.save()
    found = Snapshot(tmp_path / "c", OPENER).find()
    assert found is not None
    assert [record.key for record in found.records] == ["M2"]


async def test_an_old_record_that_is_published_again_is_not_kept(tmp_path: Path) -> None:
    """A key that was deleted stays so after a start without Kafka."""

    def of_version(version: int) -> Record:
        return signed("K1", b'{"data":{"entity":{"version":%d}}}' % version)

    reader = Reader(tmp_path / "c")
    for version in (1, 2, 1):
        reader.replica.handle(of_version(version))
    reader.replica.caught_up.set()
    reader.replica._see(is_behind=False)
    await reader.replica.save()
    found = Snapshot(tmp_path / "c", OPENER).find()
    assert found is not None
    assert [record.value for record in found.records] == [of_version(2).value]


def test_who_is_sealed_nothing_keeps_it_by_its_other_secrets(tmp_path: Path) -> None:
    """Also while these are exchanged; not without them."""
    path = tmp_path / "c"
    Snapshot(path, opener_of("old secret")).keep(records("M1"), 1.0)
    assert Snapshot(path, opener_of("new secret, old secret")).find() is not None
    assert Snapshot(path, opener_of("new secret")).find() is None
