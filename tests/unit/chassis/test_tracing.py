"""Traces go on from hop to hop whether they are recorded or not; off, nothing is paid for them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import logs, tracing
from chassis.tracing.recorder import OtlpRecorder

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ASKED, UNASKED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"


class Kept(InMemorySpanExporter):
    """What was recorded, by name."""

    def __init__(self, share: float = 1.0) -> None:
        super().__init__()
        self.recorder = OtlpRecorder(self, "thing", share)

    def names(self) -> list[str]:
        self.recorder.flush()
        return [span.name for span in self.get_finished_spans()]


@pytest.fixture(autouse=True)
def _nothing_current() -> Iterator[None]:
    before = logs.traceparent.set("")
    yield
    logs.traceparent.reset(before)
    tracing.record_by(None)


@pytest.fixture
def kept() -> Kept:
    made = Kept()
    tracing.record_by(made.recorder)
    return made


def test_what_is_caused_inside_is_a_child(kept: Kept) -> None:
    entry = tracing.entry(ASKED, "r-1")
    with tracing.span("call", tracing.Kind.CLIENT, path="/x") as span:
        span.note(status=200)
        carried = logs.traceparent.get()
    entry.end("POST /x")
    assert kept.names() == ["call", "POST /x"]
    call, request = kept.get_finished_spans()
    assert f"{request.context.trace_id:032x}" == TRACE
    assert request.parent is not None
    assert call.parent is not None
    assert f"{request.parent.span_id:016x}" == SPAN
    assert call.parent.span_id == request.context.span_id
    assert carried == f"00-{TRACE}-{call.context.span_id:016x}-01"
    assert dict(call.attributes or {}) == {"path": "/x", "status": 200}


def test_a_new_trace_has_the_id_of_the_request(kept: Kept) -> None:
    tracing.entry(None, TRACE).end("GET /")
    assert kept.names() == ["GET /"]
    assert tracing.trace_id_of(logs.traceparent.get()) == TRACE
    tracing.entry(None, "r-1")
    assert tracing.trace_id_of(logs.traceparent.get()) != TRACE


def test_news_by_another_trace_is_linked_to_it(kept: Kept) -> None:
    other = f"00-{'1' * 32}-{SPAN}-00"
    with tracing.hop("apply", ASKED, came_by=other):
        pass
    assert kept.names() == ["apply"]
    (span,) = kept.get_finished_spans()
    assert [f"{link.context.trace_id:032x}" for link in span.links] == ["1" * 32]
    assert f"{span.context.trace_id:032x}" == TRACE


def test_an_error_is_noted_by_its_kind_and_never_by_its_text(kept: Kept) -> None:
    with pytest.raises(ValueError, match="secret"), tracing.span("call"):
        raise ValueError("a secret")
    kept.names()
    (span,) = kept.get_finished_spans()
    assert (span.status.is_ok, span.status.description) == (False, "ValueError")
    assert "secret" not in span.to_json()


def test_a_trace_that_says_so_is_recorded_and_no_other() -> None:
    kept = Kept(share=0.0)
    tracing.record_by(kept.recorder)
    for offered in (ASKED, UNASKED, None, "nonsense"):
        tracing.entry(offered, "r-1").end(str(offered))
    assert kept.names() == [ASKED]
    assert [tracing.is_recorded(each) for each in (ASKED, UNASKED, "", None)] == [True] + [
        False
    ] * 3


@pytest.mark.parametrize(
    "traceparent",
    ["", "x", f"00-{TRACE}-{SPAN}", f"00-{TRACE}-{SPAN}-zz", f"00-{'x' * 32}-{SPAN}-01"],
)
def test_what_is_no_context_begins_a_trace(kept: Kept, traceparent: str) -> None:
    assert not tracing.is_recorded(traceparent)
    with tracing.hop("apply", traceparent):
        assert tracing.trace_id_of(logs.traceparent.get()) not in ("", TRACE)


def test_off_the_trace_is_handed_on_all_the_same() -> None:
    tracing.entry(UNASKED, "r-1").end("GET /")
    assert logs.traceparent.get().startswith(f"00-{TRACE}-")
    with tracing.hop("apply", ASKED), tracing.span("call"):
        assert logs.traceparent.get() == ASKED
    assert not tracing.is_recorded(ASKED)


def test_off_nothing_is_made_and_nothing_imported() -> None:
    assert tracing.span("a") is tracing.span("b", x=1)
    asked = "import sys; from chassis import tracing; tracing.begin('x', None);"
    asked += "sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def test_only_so_much_is_remembered_and_only_what_is_recorded(kept: Kept) -> None:
    remembered = tracing.Remembered(limit=2)
    for number in range(3):
        remembered.note(str(number), ASKED)
    remembered.note("3", UNASKED)
    assert [remembered.of(str(number)) for number in range(4)] == ["", ASKED, ASKED, ""]
