"""People hear of events that pile up, past the outbox that may be stuck."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.producer import Message
from contracts import topics
from contracts.events.alerts import AlertRecord
from foundation.alerting import by_kafka
from foundation.self_watch import self_watch


class Kafka:
    """Takes what is sent, or nothing when it is `down`."""

    def __init__(self) -> None:
        self.is_down = False
        self.taken: list[Message] = []

    async def send(self, messages: Sequence[Message]) -> Sequence[bool]:
        if not self.is_down:
            self.taken.extend(messages)
        return [not self.is_down for _ in messages]

    def keys(self) -> list[str]:
        records = [AlertRecord.model_validate_json(message.value) for message in self.taken]
        assert {message.topic for message in self.taken} <= {topics.ALERTS}
        assert [record.data.key for record in records] == [one.key for one in self.taken]
        return [record.data.key for record in records]


@pytest.mark.parametrize(
    ("figure", "key"),
    [
        ({"oldest_s": 10.5}, "outbox.stuck:trade-core"),
        ({"dead": 1}, "outbox.dead:trade-core"),
        ({"days_s": 21_601.0}, "event_days.behind:trade-core"),
        ({"lag": 10_001}, "consumer.behind:trade-core"),
        ({"refused": 1}, "configuration.unproven:trade-core"),
        ({"unkept_s": 301.0}, "configuration.unkept:trade-core"),
        ({"blocked": 1}, "consumer.blocked:trade-core"),
        ({"silence_s": 10.5}, "kafka.silent:trade-core"),
    ],
)
async def test_what_piles_up_is_told_as_soon_as_kafka_takes_it(
    figure: dict[str, float], key: str
) -> None:
    calm = {"oldest_s": 10.0, "dead": 0, "lag": 10_000, "blocked": 0, "refused": 0}
    calm |= {"unkept_s": 300.0}
    measured: Any = SimpleNamespace(**{**calm, "silence_s": 10.0, "days_s": 21_600.0, **figure})
    measured.behind_s = lambda: measured.days_s
    kafka = Kafka()
    watching = self_watch(
        "trade-core",
        by_kafka(kafka.send, "paymesh/trade-core"),
        consumers={"trade-core": measured},
        relay=measured,
        days=measured,
        configuration=measured,
    )

    kafka.is_down = True
    await watching.check()
    kafka.is_down = False
    await watching.check()
    await watching.check()

    assert kafka.keys() == [key]


@pytest.mark.parametrize("what", ["dead", "refused"])
async def test_one_more_is_told_beside_those_that_stand(what: str) -> None:
    """A sixth was told when there were ten."""
    measured: Any = SimpleNamespace(oldest_s=0.0, dead=0, refused=0, unkept_s=0.0)
    kafka = Kafka()
    tell = by_kafka(kafka.send, "paymesh/trade-core")
    watching = self_watch("trade-core", tell, consumers={}, relay=measured, configuration=measured)
    for count in (5, 5, 6):
        setattr(measured, what, count)
        await watching.check()
    assert len(kafka.taken) == 2
