"""A file of a long list, made in the background: asked for, being made, kept, forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from chassis.web import Language
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.scope import Scope

KEPT_FOR: Final = timedelta(days=7)

MAX_ROWS: Final = 1_000_000
"""What one sheet of a workbook holds, and a file that can still be opened."""

MAX_UNFINISHED: Final = 3
"""Of one person at once."""

MAX_BYTES: Final = 512 * 1024 * 1024
"""Of one file, compressed: some times what the rows above take."""


class ExportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Export:
    """`things`: the list. `scope`: whose data it has, that of who asked for it, then. `language`:
    of the person who asked for it at the console; None for a program. `rows`: so far, of
    `rows_in_all`, None until they are counted. `bytes`: as they are kept, compressed. `takes`: how
    often it was begun, so that only who began it last goes on."""

    export_id: str
    username: str
    things: str
    format: FileKind
    language: Language | None
    search: dict[str, Any]
    scope: Scope
    state: ExportState
    rows: int
    rows_in_all: int | None
    bytes: int
    created_at: datetime
    finished_at: datetime | None
    takes: int = 0

    @property
    def kept_until(self) -> datetime:
        return self.created_at + KEPT_FOR

    @property
    def percent(self) -> int | None:
        """How far it is; None while that is not known."""
        if self.state is ExportState.DONE:
            return 100
        if not self.rows_in_all:
            return None
        return min(99, self.rows * 100 // self.rows_in_all)

    def is_for(self, username: str, scope: Scope) -> bool:
        """Of who asked for it, as long as they may see all that is in there."""
        return self.username == username and scope.covers(self.scope)
