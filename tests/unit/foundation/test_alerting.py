"""Alerts reach the notifier by Kafka, else by HTTP, and are one alert either way."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from chassis.problems import Overloaded
from chassis.producer import Message
from contracts.events.alerts import Alert, AlertRecord, Severity
from contracts.internal import AlertsTaken, TakeAlerts
from foundation.alerting import by_http, by_kafka, event
from foundation.service_client import Service

ALERT = Alert(key="k", severity=Severity.CRITICAL, title="t", detail="d")


class Notifier(Service):
    """Takes what is posted, unless it is away."""

    def __init__(self) -> None:
        super().__init__("http://notifier", SecretStr("t"))
        self.is_away = False
        self.taken: list[AlertRecord] = []

    async def post(self, answer: Any, path: str, *, body: Any = None, **_: Any) -> Any:
        if self.is_away:
            raise Overloaded("away")
        assert (answer, path) == (AlertsTaken, "/internal/alerts")
        self.taken += TakeAlerts.model_validate_json(body.model_dump_json()).records
        return AlertsTaken(new=1)


class Kafka:
    """Takes messages, refuses them, or never answers."""

    def __init__(self, *, takes: bool = True, hangs: bool = False) -> None:
        self.takes = takes
        self.hangs = hangs
        self.asked: list[Message] = []

    async def send(self, messages: Sequence[Message]) -> Sequence[bool]:
        self.asked += messages
        if self.hangs:
            await asyncio.Event().wait()
        return [self.takes for _ in messages]


async def test_kafka_takes_it_and_nobody_else_is_asked() -> None:
    kafka, notifier = Kafka(), Notifier()
    assert await by_kafka(kafka.send, "s", notifier)(ALERT)
    assert (len(kafka.asked), notifier.taken) == (1, [])


async def test_what_kafka_refuses_goes_by_http_under_the_same_id() -> None:
    kafka, notifier = Kafka(takes=False), Notifier()
    assert await by_kafka(kafka.send, "s", notifier)(ALERT)
    (record,) = notifier.taken
    assert kafka.asked[0].headers["ce_id"] == record.id
    assert record.data == ALERT


async def test_a_kafka_that_hangs_is_waited_for_once_and_briefly() -> None:
    kafka, notifier = Kafka(hangs=True), Notifier()
    tell = by_kafka(kafka.send, "s", notifier)
    async with asyncio.timeout(60):
        assert await tell(ALERT)
        assert await tell(ALERT)
    assert (len(kafka.asked), len(notifier.taken)) == (1, 2)


async def test_what_nobody_takes_is_told_again_later() -> None:
    kafka, notifier = Kafka(takes=False), Notifier()
    notifier.is_away = True
    assert not await by_kafka(kafka.send, "s", notifier)(ALERT)
    assert not await by_http(notifier, "s")(ALERT)


def test_what_is_stored_with_a_change_names_its_trace() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    stored = event(ALERT, source="s", at=datetime.now(UTC), traceparent=trace)
    assert AlertRecord.model_validate_json(stored.payload).traceparent == trace
