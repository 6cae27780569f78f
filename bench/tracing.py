"""What a span costs: where none are recorded, against no span at all; and where they are.

`python -m bench.tracing`. CPU of the whole process, the thread that encodes and sends included; in
place of the network stands nothing.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from chassis import tracing
from chassis.tracing.recorder import OtlpRecorder

ROUNDS: Final = 5
OFF: Final = 200_000
ON: Final = 2_000  # The queue holds no more: what does not fit would be dropped, for nothing.


class Encoded(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass


def work() -> None:
    """What a span would be around."""


def bare() -> None:
    work()


def spanned() -> None:
    with tracing.span("call", tracing.Kind.CLIENT, path="/internal/payments"):
        work()


def main() -> None:
    nothing = min(cpu_us(bare, OFF) for _ in range(ROUNDS))
    off = min(cpu_us(spanned, OFF) for _ in range(ROUNDS))
    recorder = OtlpRecorder(Encoded(), "bench")
    tracing.record_by(recorder)
    on = min(cpu_us(spanned, ON, recorder.flush) for _ in range(ROUNDS))
    print(f"nothing {nothing:.2f} µs, off {off - nothing:.2f} more, on {on - nothing:.1f} more")


def cpu_us(one: Callable[[], None], times: int, after: Callable[[], None] = work) -> float:
    """Of one call."""
    begun = time.process_time()
    for _ in range(times):
        one()
    after()
    return (time.process_time() - begun) / times * 1e6


if __name__ == "__main__":
    main()
