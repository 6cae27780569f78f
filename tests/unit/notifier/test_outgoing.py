"""What the notifier says of its tries names what the callback's event came by."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.notifier.test_slots import lease

from contracts.events.deliveries import DeliveryEventRecord
from notifier.domain.answers import AttemptResult, Classification
from notifier.domain.deliveries import Attempt, FinishedAttempt, State
from notifier.store import outgoing

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("trace", ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None])
def test_a_try_names_the_trace_of_its_event(trace: str | None) -> None:
    unsendable = Classification(AttemptResult.UNSENDABLE, None)
    sent = replace(lease(1), body=b"{}")
    finished = FinishedAttempt(Attempt(sent), unsendable, State.PENDING, None)
    record = DeliveryEventRecord.model_validate_json(outgoing.tried(finished, NOW, trace).payload)
    assert record.traceparent == trace
