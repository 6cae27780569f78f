"""What the person at the terminal reads: one line per step, with its seconds."""

import os
import queue
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

NAME_WIDTH: Final = 28
DETAIL_WIDTH: Final = 48

QUEUE_LIMIT: Final = 1000
"""Lines kept for a reader that is slow; what comes after is dropped rather than waited for."""


class Terminal:
    """Writes from a thread of its own: a pipe that nobody reads must not stop the supervisor."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(QUEUE_LIMIT)
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def say(self, line: str = "") -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return

    def title(self, text: str) -> None:
        self.say()
        self.say(self._coloured("1", text))
        self.say()

    def done(self, name: str, detail: str = "", seconds: float | None = None) -> None:
        self._line("32", "✓", name, detail, seconds)

    def line(self, name: str, detail: str) -> None:
        """A name and what it stands for."""
        self._line("0", " ", name, detail, None)

    def event(self, name: str, detail: str) -> None:
        """Something that happened by itself, such as a callback."""
        self._line("36", "•", name, detail, None)

    def problem(self, name: str, detail: str) -> None:
        self._line("31", "✗", name, detail, None)

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Time a step; the caller may set the detail that its line ends with."""
        details = [""]
        began = time.monotonic()
        yield lambda detail: details.append(detail)
        self.done(name, details[-1], time.monotonic() - began)

    def close(self) -> None:
        """Let what was said be written, unless nobody reads."""
        try:
            self._lines.put(None, timeout=1)
        except queue.Full:
            return
        self._writer.join(timeout=1)

    def _line(self, colour: str, mark: str, name: str, detail: str, seconds: float | None) -> None:
        text = f"  {self._coloured(colour, mark)} {_padded(name, NAME_WIDTH)} "
        if seconds is not None:
            text += f"{_padded(detail, DETAIL_WIDTH)} {seconds:5.1f} s"
        else:
            text += detail
        self.say(text.rstrip())

    def _coloured(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colours else text

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                os.write(sys.stdout.fileno(), f"{line}\n".encode())
            except OSError:  # the reader has gone; we have not
                return


def _padded(text: str, width: int) -> str:
    """Filled up to `width` columns; a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(0, width - taken)
