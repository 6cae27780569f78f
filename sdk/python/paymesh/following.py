"""Every event of the app, in order, from where one was: after a restart, too.

A place is `cursor|id`: the cursor of a page, and the last event of the page behind it that was
dealt with. It is kept after each event, so a crash repeats one event at most.
"""

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paymesh.errors import AnswerLost, CursorExpired, InternalError, NotConnected, TooBusy
from paymesh.exchange import Call, Item, Load, Save, Sleep, Store, Stream, exchange
from paymesh.models.events import Event, EventPage

log = logging.getLogger("paymesh")

POLL_S: Final = 1.0
LONGEST_WAIT_S: Final = 30.0

FOR_NOW: Final = (NotConnected, AnswerLost, TooBusy, InternalError)


@dataclass(frozen=True, slots=True)
class Gap:
    """Events were not fetched for so long that the centre does not keep them any more.

    Following goes on with the oldest that are kept; what was missed is found in the lists of
    payments, refunds and splits.
    """

    after: str | None
    oldest: str | None


@dataclass(slots=True)
class MemoryStore:
    """Forgets with the program."""

    place: str | None = None

    def load(self) -> str | None:
        return self.place

    def save(self, place: str) -> None:
        self.place = place


@dataclass(frozen=True, slots=True)
class FileStore:
    """A small file, replaced as a whole: a crash leaves the old one or the new one."""

    path: Path

    def load(self) -> str | None:
        try:
            place = json.loads(self.path.read_text())["place"]
        except FileNotFoundError:
            return None
        return str(place)

    def save(self, place: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(self.path.name + ".new")
        with unfinished.open("w") as file:
            json.dump({"place": place}, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)


def follow(
    page_after: Callable[[str | None], Call[EventPage]],
    *,
    cursor: str | None,
    store: Store,
    poll_s: float,
    on_gap: Callable[[Gap], None] | None,
) -> Stream[Event]:
    """Events for ever. The place in the store wins over `cursor`; trouble that passes is waited
    out. The centre's other refusals (a wrong key) are raised."""
    place: str | None = yield Load(store)
    position, seen = (cursor, None) if place is None else _taken_apart(place)
    wait_s = poll_s
    while True:
        try:
            page = yield from exchange(page_after(position))
        except CursorExpired as error:
            _tell(Gap(position, error.oldest), on_gap)
            position, seen = error.oldest, None
            continue
        except FOR_NOW as error:
            log.warning("events cannot be fetched for now: %s", error)
            yield Sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            continue
        wait_s = poll_s
        for event in _unseen(page, seen):
            yield Item(event)
            yield Save(store, f"{position or ''}|{event.id}")
        if page.next_cursor is None:
            yield Sleep(poll_s)
            continue
        position, seen = page.next_cursor, None
        yield Save(store, f"{position}|")


def dealt_with(store: Store, event: Event) -> None:
    """Note that an event is dealt with, as asking for the next one does; for who asks no more."""
    position, _ = _taken_apart(store.load() or "|")
    store.save(f"{position or ''}|{event.id}")


def _taken_apart(place: str) -> tuple[str | None, str | None]:
    position, _, seen = place.rpartition("|")
    return position or None, seen or None


def _unseen(page: EventPage, seen: str | None) -> list[Event]:
    """Those after the one that was dealt with; all of them where it is not among them."""
    ids = [event.id for event in page.items]
    with suppress(ValueError):
        return page.items[ids.index(seen or "") + 1 :]
    return page.items


def _tell(gap: Gap, on_gap: Callable[[Gap], None] | None) -> None:
    log.warning("events after %s are not kept any more; going on at %s", gap.after, gap.oldest)
    if on_gap is not None:
        on_gap(gap)
