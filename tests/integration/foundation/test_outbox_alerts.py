"""Alerts that wait in the outbox while Kafka is away are handed over by HTTP, each once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from chassis import outbox
from chassis.database import Database
from chassis.outbox import OutboxEvent, Relay
from chassis.problems import Overloaded
from chassis.producer import Producer
from contracts.events.alerts import Alert, Severity
from contracts.identifiers import new_id
from contracts.internal import AlertsTaken
from foundation import alerting
from foundation.outbox_alerts import OutboxAlerts
from foundation.service_client import Service


class Notifier(Service):
    """Takes alerts, unless it is away."""

    def __init__(self) -> None:
        super().__init__("http://notifier", SecretStr("t"))
        self.is_away = False
        self.keys: list[str] = []

    async def post(self, answer: Any, path: str, *, body: Any = None, **_: Any) -> Any:
        if self.is_away:
            raise Overloaded("away")
        self.keys += [record.data.key for record in body.records]
        return AlertsTaken(new=len(body.records))


def alert(key: str) -> OutboxEvent:
    raised = Alert(key=key, severity=Severity.CRITICAL, title="t", detail="d")
    return alerting.event(raised, source="s", at=datetime.now(UTC))


def other() -> OutboxEvent:
    return OutboxEvent(new_id("event"), "paymesh.order-events.v1", "k", "t", "", b"{}")


@pytest.mark.parametrize("package", ["trade_core", "merchant_admin"])
async def test_each_alert_that_waits_is_handed_over_once(
    make_database: Callable[[str], Awaitable[str]], package: str
) -> None:
    db = await Database.connect(await make_database(package), application_name="tests")
    notifier = Notifier()
    waiting = OutboxAlerts(db, Relay(db, Producer("127.0.0.1:1", "t")), notifier)
    async with db.transaction() as tx:
        await outbox.put(tx, [alert("a"), other(), alert("b")])

    notifier.is_away = True
    await waiting.check()
    notifier.is_away = False
    await waiting.check()
    await waiting.check()
    async with db.transaction() as tx:
        await outbox.put(tx, [alert("c")])
    await waiting.check()

    assert notifier.keys == ["a", "b", "c"]
    async with db.connection() as connection:
        assert await connection.fetchval("select count(*) from event_pending") == 4
    await db.close()
