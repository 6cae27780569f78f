"""The configuration as it was last read, on disk: for a start while Kafka is away.

Each record carries the proof of its writer and is asked for it again; secrets in it are sealed, and
so is the whole file, to the service's own key.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from chassis.consumer import Record
from contracts.sealing import CannotOpen, Opener, seal

log = structlog.get_logger()

CONTEXT: Final = "configuration-snapshot"


@dataclass(frozen=True, slots=True)
class Kept:
    """`read_at`: seconds since the epoch when this was all that there was."""

    records: Sequence[Record]
    read_at: float


class Snapshot:
    """One file, replaced as a whole, readable by its owner alone."""

    def __init__(self, path: Path, opener: Opener) -> None:
        self._path = path
        self._opener = opener

    def keep(self, records: Mapping[str, Record], read_at: float) -> None:
        """A disk that is full or away is logged; nothing depends on it now."""
        content = {"read_at": read_at, "records": [_shown(each) for each in records.values()]}
        sealed = seal(self._opener.public_key, json.dumps(content), context=CONTEXT)
        unfinished = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.touch(0o600)
            unfinished.write_text(sealed)
            unfinished.replace(self._path)
        except OSError as error:
            log.warning("configuration.snapshot_not_kept", reason=repr(error))

    def find(self) -> Kept | None:
        """None where there is none that can be read."""
        try:
            sealed = self._path.read_text()
            content = json.loads(self._opener.open(sealed, context=CONTEXT))
        except FileNotFoundError:
            return None
        except (OSError, CannotOpen, ValueError) as error:
            log.warning("configuration.snapshot_unreadable", reason=repr(error))
            return None
        return Kept([_record(each) for each in content["records"]], content["read_at"])


def _shown(record: Record) -> dict[str, Any]:
    return {
        "topic": record.topic,
        "key": record.key,
        "value": base64.b64encode(record.value).decode(),
        "headers": record.headers,
        "timestamp_ms": record.timestamp_ms,
    }


def _record(shown: dict[str, Any]) -> Record:
    value = base64.b64decode(shown["value"])
    return Record(**{**shown, "value": value, "partition": -1, "offset": -1})
