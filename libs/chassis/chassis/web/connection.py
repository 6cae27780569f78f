"""One connection of a client: uvicorn's protocol, with an end to everything that has begun.

llhttp keeps a header until it is whole, however long it is, and uvicorn sets no time and queues
whatever comes. Here a head is fed to the parser only up to its limit, one request at a time, a
request that has begun must end in time, and so must an answer.
Source: RFC 9112 (2.2), RFC 6585 (431).
"""

from asyncio import BaseTransport, TimerHandle
from collections.abc import Iterable
from enum import Enum
from typing import Any, ClassVar, Final, cast

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.problems import (
    BodyTooLarge,
    HeadTooLarge,
    Malformed,
    Problem,
    TooSlow,
)
from chassis.web.flow import Flow
from chassis.web.head import Head
from chassis.web.limits import MAX_HEAD_BYTES, MAX_MESSAGE_BYTES, Limits, Unfinished
from chassis.web.pieces import end_of_piece
from chassis.web.refusals import REFUSED, refusal
from chassis.web.upgrade_offers import parser_of_body

LINGER_S: Final = 1.0
"""A client that still sends is given this long to read why it is refused."""

FEED_BYTES: Final = 65_536
"""Of a body at a time."""

EVICTED_AT_ONCE: Final = 64

NOT_HTTP: Final = "This is not an HTTP request."


class _Stage(Enum):
    NEW = "new"
    HEAD = "head"
    BODY = "body"
    EARLY = "early"
    WHOLE = "whole"


class Connection(HttpToolsProtocol):
    """`limits`, `unfinished` and `untaken` are those of the port; see `of_port`. When it
    `is_leaving`, each answer is the last of its connection."""

    limits: ClassVar[Limits]
    unfinished: "ClassVar[Unfinished[Connection]]"
    untaken: ClassVar[Unfinished[Flow]]
    is_leaving: ClassVar[bool] = False
    flow: Flow

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.address: str | None = None
        self._stage = _Stage.NEW
        self._deadline: TimerHandle | None = None
        self._idle_from: float | None = None
        self._is_in_head = True
        self._has_begun = False
        self._is_handed_on = False
        self._has_completed = False
        self._has_ended = False
        self._head_bytes = 0
        self._message_bytes = 0
        self._head = Head([])
        self._is_last = False
        self._parser_of_body: httptools.HttpRequestParser | None = None

    # What the transport tells.

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast(Any, transport))
        peer = self.client[0] if self.client else None
        self.address = None if peer is None or self.limits.is_proxy(peer) else peer
        self.flow = Flow(
            self.transport, self.address, self.limits, untaken=self.untaken, loop=self.loop
        )
        self._set_deadline(self.limits.head_s)
        if len(self.connections) > self.limits.max_connections and not self._evict():
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_deadline(None)
        self.unfinished.leave(self)
        self.flow.look_away()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes, at: int = 0) -> None:
        if self._has_ended:
            return
        self._idle_from = None
        while at < len(data):
            if self._is_in_head:
                if self.cycle is not None and not self.cycle.response_complete:
                    self._hold(data, at)  # One request at a time.
                    return
                room = MAX_HEAD_BYTES - self._head_bytes
            else:
                room = min(FEED_BYTES, MAX_MESSAGE_BYTES - self._message_bytes)
            if room <= 0:
                self._refuse(self._too_much())
                return
            if (left := self._head.body_left) > 0:
                end = min(len(data), at + room, at + left)
            else:
                end = end_of_piece(data, at, room, self._is_in_head)
            if not self._feed(data[at:end]):
                return
            at = end
        self._watch()

    def _hold(self, data: bytes, at: int) -> None:
        self._stage = _Stage.EARLY
        self._set_deadline(None)
        self.flow.hold(data, at)
        self.unfinished.enter(self)
        self.unfinished.hold(self, len(data))

    def _feed(self, piece: bytes) -> bool:
        """Whether the connection goes on."""
        self._has_completed = False
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as offer:
            if self._parser_of_body is not None:
                self.parser, self._parser_of_body = self._parser_of_body, None
                rest = piece[offer.args[0] :]
                return not rest or self._feed(rest)
            if not self._has_completed:
                self._refuse(Malformed(NOT_HTTP))
                return False
        except httptools.HttpParserError:
            self._refuse(self._head.fault or Malformed(NOT_HTTP))
            return False
        if self._has_completed:
            if self._is_last:
                self._has_ended = True
                self._let_be()
            return not self._is_last
        if self._is_in_head:
            self._head_bytes += len(piece)
        self._message_bytes += len(piece)
        return True

    # What the parser tells.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_begun = True
        self._is_handed_on = False
        self._head = Head(self.headers)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            return  # A trailer: nothing that was not there when the head was judged.
        self._head.add(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._head.require_clear(self.parser.get_http_version())
        self.expect_100_continue = self._head.expects_continue
        super().on_headers_complete()
        self._is_handed_on = True
        if self.parser.should_upgrade():  # Nobody here speaks anything else.
            self._is_last = True
            self._parser_of_body = parser_of_body(self, self.headers)
        if self.is_leaving or self._is_last:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._head.body_left -= len(body)
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        if self._parser_of_body is not None:
            return  # What httptools takes for the end is that of the head.
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        self._is_in_head = True
        self._has_begun = self._is_handed_on = False
        self._has_completed = True
        self._head_bytes = self._message_bytes = 0

    # What the application has done.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self.flow.watch()
        elif self.flow.early:
            self.data_received(*self.flow.let_go())
        else:
            self.flow.resume_reading()
            self._idle_from = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._look_when_idle(self.timeout_keep_alive)

    # Time and place.

    def _watch(self) -> None:
        """After each read: is something unfinished, and until when may it be?"""
        if not self._is_in_head:
            self._wait(_Stage.BODY, self.limits.body_s)
        elif self._has_begun or self._head_bytes:
            self._wait(_Stage.HEAD, self.limits.head_s)
        elif self._stage is not _Stage.WHOLE:
            self._stage = _Stage.WHOLE
            self._let_be()

    def _wait(self, stage: _Stage, limit_s: float) -> None:
        if stage is not self._stage or self._has_completed:
            self._stage = stage
            self._set_deadline(limit_s)
            self.unfinished.enter(self)
        self.unfinished.hold(self, self._message_bytes)

    def _let_be(self) -> None:
        self._set_deadline(None)
        self.unfinished.leave(self)

    def _set_deadline(self, limit_s: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if limit_s is None else self.loop.call_later(limit_s, self._late)

    def _late(self) -> None:
        if self.flow.read_paused:  # It is us who do not read.
            self._set_deadline(self.limits.body_s)
            return
        if self._stage is _Stage.NEW:  # Nobody asked for anything.
            self.transport.close()
            return
        self._refuse(TooSlow("The request did not arrive in time."))

    def drop(self) -> None:
        """End what is unfinished, for another one's sake."""
        self._refuse(TooSlow("Too many requests are unfinished; this one was the oldest."))

    def _look_when_idle(self, in_s: float) -> None:
        """Requests come faster than this: no timer is made for each of them."""
        self.timeout_keep_alive_task = self.loop.call_later(in_s, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        until = self.idle_until()
        if until is None:
            return
        left_s = until - self.loop.time()
        if left_s > 0:
            self._look_when_idle(left_s)
        else:
            self._close()

    def _close(self) -> None:
        self.transport.close()
        self.flow.watch()

    def _evict(self) -> bool:
        """Make place for a newcomer: who takes nothing of an answer goes first, then those that
        have been idle for the longest."""
        ours = [each for each in self.connections if isinstance(each, Connection)]
        stuck = [each for each in ours if each.flow.is_stuck][:EVICTED_AT_ONCE]
        for each in stuck:
            self.connections.discard(each)
            each.flow.drop()
        idle = sorted((until, id(each), each) for each in ours if (until := each.idle_until()))
        for _, _, each in idle[: EVICTED_AT_ONCE - len(stuck)]:
            self.connections.discard(each)
            each._close()
        return bool(stuck or idle)

    def idle_until(self) -> float | None:
        """Between two requests: when nobody will wait for the next one any more."""
        if self._idle_from is None or self.transport.is_closing():
            return None
        return self._idle_from + self.timeout_keep_alive

    # The end.

    @classmethod
    def leave(cls, connections: Iterable[object]) -> None:
        """From now on, of all of this port; those that are open already are `connections`."""
        cls.is_leaving = True
        for each in connections:
            cycle = each.cycle if isinstance(each, Connection) else None
            if cycle is not None and not cycle.response_started:
                cycle.keep_alive = False

    def shutdown(self) -> None:
        """A request that has begun to arrive is answered before its connection is closed."""
        if not (self._has_begun or self._head_bytes):
            super().shutdown()

    def _too_much(self) -> Problem:
        if self._is_in_head:
            return HeadTooLarge(f"A request head has at most {MAX_HEAD_BYTES} bytes.")
        return BodyTooLarge(MAX_MESSAGE_BYTES)

    def _refuse(self, problem: Problem) -> None:
        """Answer, if nothing was answered yet, and close; what still comes is not looked at."""
        REFUSED.labels(str(problem.status)).inc()
        self._has_ended = True
        self._let_be()
        self.flow.let_go()
        running = None if self.cycle is None or self.cycle.response_complete else self.cycle
        if running is not None and not self._is_handed_on:
            running.keep_alive = False  # The request before this one: answered, and then the end.
            return
        if running is not None:
            running.disconnected = True
            running.message_event.set()
        # Words in the middle of an answer, or after the answer to this very request, mean nothing.
        if running.response_started if running is not None else self._is_handed_on:
            self._close()
        else:
            self._say(problem)

    def _say(self, problem: Problem) -> None:
        self.transport.write(refusal(problem, self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.abort)


def of_port(limits: Limits) -> type[Connection]:
    """The protocol of one port, with unfinished requests of its own."""
    members = {"limits": limits, "unfinished": Unfinished(), "untaken": Unfinished()}
    return type("PortConnection", (Connection,), members)
