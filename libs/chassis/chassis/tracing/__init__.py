"""One trace from a call through everything that it causes, in all services.

`logs.traceparent` carries the W3C context whether traces are recorded or not: a request sets it
(`entry`), calls and events hand it on, who reads an event goes on with it (`hop`). Spans are
recorded and sent by OTLP only after `begin` was told where to; until then nothing of its SDK is
even imported, and `span` is one shared object that does nothing.
"""

import os
import re
from collections import OrderedDict
from contextlib import AbstractContextManager
from contextvars import Token
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol, Self

from chassis import logs

Attribute = str | int | float | bool

REMEMBERED: Final = 20_000
"""Beyond that the oldest are forgotten, and what they cause begins a trace of its own."""

TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Kind(StrEnum):
    """Of a span, in OpenTelemetry's words."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Span(Protocol):
    """Something that takes time. `with` it: what is caused inside is its child, and an exception
    that leaves it is noted by its kind."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def note(self, **attributes: Attribute) -> None:
        """Add what became known meanwhile."""

    def end(self, name: str) -> None:
        """Of an `entry`: it is over, and this is its name."""


class Recorder(Protocol):
    """What `begin` makes; see `recorder.py`."""

    def entry(self, parent: str, trace_id: str) -> Span: ...

    def span(
        self, name: str, kind: Kind, parent: str, link: str, attributes: dict[str, Attribute]
    ) -> Span: ...


class _Nothing:
    """Of which nothing is recorded."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, **_: Attribute) -> None:
        pass

    def end(self, name: str) -> None:
        pass


class _Continued(_Nothing):
    """Nothing is recorded, but what is logged and caused inside belongs to the trace."""

    __slots__ = ("_before", "_traceparent")

    def __init__(self, traceparent: str) -> None:
        self._traceparent = traceparent

    def __enter__(self) -> Self:
        self._before: Token[str] = logs.traceparent.set(self._traceparent)
        return self

    def __exit__(self, *_: object) -> None:
        logs.traceparent.reset(self._before)


_NOTHING: Final = _Nothing()
_recorder: Recorder | None = None


def begin(service: str, endpoint: str | None, sampled: float = 1.0) -> None:
    """Record from now on, as `service`, and send to `endpoint` by OTLP over HTTP; nothing where
    that is None. `sampled`: of the traces that begin here; others say so themselves."""
    if endpoint is None:
        return
    from chassis.tracing.recorder import OtlpRecorder  # What nobody uses costs no memory.

    record_by(OtlpRecorder.sending_to(endpoint, service, sampled))


def record_by(recorder: Recorder | None) -> None:
    """Record by this one; None: no more."""
    global _recorder
    _recorder = recorder


def is_on() -> bool:
    """Whether any trace is recorded here."""
    return _recorder is not None


def is_recorded(traceparent: str | None) -> bool:
    """Whether spans of this trace are: the last bit of its flags says so. Never of what is none."""
    if _recorder is None or (match := TRACEPARENT.fullmatch(traceparent or "")) is None:
        return False
    return int(match[3], 16) & 1 == 1


def entry(offered: str | None, request_id: str) -> Span:
    """A request has come, to be ended by `end`: go on with the caller's trace, or begin one under
    the request's id where that can be one, so that what is found by the one is found by the
    other."""
    match = TRACEPARENT.fullmatch(offered or "")
    if match:
        trace_id, _, flags = match.groups()
    else:
        trace_id = request_id if _TRACE_ID.fullmatch(request_id) else os.urandom(16).hex()
        flags = "00"
    if _recorder is not None:
        return _recorder.entry(match.group() if match else "", trace_id)
    logs.traceparent.set(f"00-{trace_id}-{os.urandom(8).hex()}-{flags}")
    return _NOTHING


def span(
    name: str, kind: Kind = Kind.INTERNAL, **attributes: Attribute
) -> AbstractContextManager[Span]:
    """A part of the trace of the moment."""
    if _recorder is None:
        return _NOTHING
    return _recorder.span(name, kind, logs.traceparent.get(), "", attributes)


def hop(
    name: str,
    traceparent: str | None,
    *,
    came_by: str | None = None,
    kind: Kind = Kind.CONSUMER,
    **attributes: Attribute,
) -> AbstractContextManager[Span]:
    """Go on with the trace that an event brought; `came_by`: linked to that other one, by which the
    news of it came."""
    if _recorder is None:
        return _Continued(traceparent or "")
    return _recorder.span(name, kind, traceparent or "", came_by or "", attributes)


def trace_id_of(traceparent: str | None) -> str:
    """The trace in a W3C traceparent; "" where there is none."""
    return (traceparent or "")[3:35]


class Remembered:
    """What was caused by which trace, for a while, where nothing else keeps it."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._traceparents: OrderedDict[str, str] = OrderedDict()

    def note(self, about: str, traceparent: str | None) -> None:
        if not is_recorded(traceparent):
            return
        self._traceparents[about] = traceparent or ""
        if len(self._traceparents) > self._limit:
            self._traceparents.popitem(last=False)

    def of(self, about: str) -> str:
        return self._traceparents.get(about, "")
