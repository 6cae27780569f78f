"""Spans recorded by OpenTelemetry's SDK and sent in batches, beside the work, by OTLP over HTTP.

Source: opentelemetry.io/docs/specs/otel/trace/sdk, w3.org/TR/trace-context
"""

from contextvars import Token
from types import TracebackType
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from chassis import logs
from chassis.tracing import TRACEPARENT, Attribute, Kind

EXPORT_LIMIT_S: Final = 3
"""A collector that hangs delays nothing but the end of the process, by this."""

SEND_EVERY_MS: Final = 1_000
KINDS: Final = {kind: trace.SpanKind[kind.name] for kind in Kind}


class OtlpRecorder:
    """Records for one service. `sampled`: of the traces that begin here."""

    def __init__(self, exporter: SpanExporter, service: str, sampled: float = 1.0) -> None:
        self._ids = _Ids()
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sampled)),
            resource=Resource.create({"service.name": service}),
            id_generator=self._ids,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, schedule_delay_millis=SEND_EVERY_MS)
        )
        self._tracer = self._provider.get_tracer("paymesh")

    @classmethod
    def sending_to(cls, endpoint: str, service: str, sampled: float) -> Self:
        """`endpoint`: of a collector, without the path of traces."""
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_LIMIT_S)
        return cls(exporter, service, sampled)

    def entry(self, parent: str, trace_id: str) -> "_Recorded":
        self._ids.trace_id = int(trace_id, 16)
        recorded = self.span("request", Kind.SERVER, parent, "", {})
        logs.traceparent.set(recorded.traceparent)
        return recorded

    def span(
        self, name: str, kind: Kind, parent: str, link: str, attributes: dict[str, Attribute]
    ) -> "_Recorded":
        before, linked = _context_of(parent), _context_of(link)
        span = self._tracer.start_span(
            name,
            trace.set_span_in_context(trace.NonRecordingSpan(before)) if before else _ROOT,
            kind=KINDS[kind],
            attributes=attributes,
            links=[trace.Link(linked)] if linked else None,
        )
        return _Recorded(span)

    def flush(self) -> None:
        """Send what waits."""
        self._provider.force_flush()


class _Recorded:
    """A span under way."""

    __slots__ = ("_before", "_span", "traceparent")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        made = span.get_span_context()
        self.traceparent = f"00-{made.trace_id:032x}-{made.span_id:016x}-{made.trace_flags:02x}"

    def __enter__(self) -> Self:
        self._before: Token[str] = logs.traceparent.set(self.traceparent)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        logs.traceparent.reset(self._before)
        if kind is not None:
            # Its text may quote what must not leave the house.
            self._span.set_status(trace.StatusCode.ERROR, kind.__name__)
        self._span.end()

    def note(self, **attributes: Attribute) -> None:
        self._span.set_attributes(attributes)

    def end(self, name: str) -> None:
        self._span.update_name(name)
        self._span.end()


class _Ids(RandomIdGenerator):
    """The next trace that begins has this id, where one is wanted."""

    trace_id = 0

    def generate_trace_id(self) -> int:
        wanted, self.trace_id = self.trace_id, 0
        return wanted or super().generate_trace_id()


_ROOT: Final = trace.set_span_in_context(trace.INVALID_SPAN)


def _context_of(traceparent: str) -> trace.SpanContext | None:
    match = TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    return trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=trace.TraceFlags(flags))
