"""What a client sends before it is its turn, and what it does not take of its answer.

Bytes that came too early are kept and nobody reads on. Bytes that the kernel does not take are
watched: who has stopped to read is not waited for.
"""

import struct
from asyncio import AbstractEventLoop, TimerHandle, Transport
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Final

from uvicorn.protocols.http.flow_control import FlowControl

from chassis.web.limits import Limits, Unfinished
from chassis.web.refusals import REFUSED

LOOKS: Final = 3
"""So often is looked, within `Limits.untaken_s`, whether an answer goes on."""

LEAST_BYTES: Final = 4_096
"""That a client takes within `Limits.untaken_s`: nobody's network is slower than that."""


class Flow(FlowControl):
    """Of one connection; uvicorn asks and tells it."""

    def __init__(
        self,
        transport: Transport,
        address: str | None,
        limits: Limits,
        *,
        untaken: "Unfinished[Flow]",
        loop: AbstractEventLoop,
    ) -> None:
        super().__init__(transport)
        self.address = address
        self._tick_s = limits.untaken_s / LOOKS
        self._untaken = untaken
        self._loop = loop
        self.early = b""
        self._early_at = 0
        self._look: TimerHandle | None = None
        self._left = 0
        self._looks_in_vain = 0

    # Reading.

    def hold(self, data: bytes, at: int) -> None:
        """Keep what stands there, until `let_go`."""
        self.early, self._early_at = data, at
        self.pause_reading()

    def let_go(self) -> tuple[bytes, int]:
        data, at = self.early, self._early_at
        self.early, self._early_at = b"", 0
        self.resume_reading()
        return data, at

    def resume_reading(self) -> None:
        """Also asked for by whoever waits for the end of a connection."""
        if self.read_paused and not self.early:
            self.read_paused = False
            self._transport.resume_reading()

    # Writing.

    def pause_writing(self) -> None:
        super().pause_writing()
        self.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._transport.is_closing():
            self.look_away()

    def watch(self) -> None:
        """From now on what is written has to be taken: too much waits, or it is the last."""
        waiting = self._transport.get_write_buffer_size()
        if not waiting or self._look is not None:
            return
        self._left = self._bytes_left()
        self._looks_in_vain = 0
        self._look = self._loop.call_later(self._tick_s, self._look_again)
        self._untaken.enter(self)
        self._untaken.hold(self, waiting)

    def look_away(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
            self._untaken.leave(self)

    @property
    def is_stuck(self) -> bool:
        return self._look is not None and self._looks_in_vain > 0

    def drop(self) -> None:
        """End it, for another one's sake or because it is stuck."""
        REFUSED.labels("untaken").inc()
        self._transport.abort()

    def _look_again(self) -> None:
        left = self._bytes_left()
        if left <= self._left - LEAST_BYTES:
            self._left = left
            self._looks_in_vain = 0
        else:
            self._looks_in_vain += 1
        if self._looks_in_vain >= LOOKS:
            self.drop()
            return
        self._look = self._loop.call_later(self._tick_s, self._look_again)

    def _bytes_left(self) -> int:
        """With those that the kernel took and the client has not: it may take megabytes at once,
        and then none for minutes, while a slow client reads on."""
        ours: int = self._transport.get_write_buffer_size()
        try:
            queue = ioctl(self._transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4))
        except OSError:  # A system that does not tell.
            return ours
        return ours + int(struct.unpack("i", queue)[0])
