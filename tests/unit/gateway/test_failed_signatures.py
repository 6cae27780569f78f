"""People hear of signatures that fail when they are many, and of a channel that does not answer."""

import asyncio
from typing import Any

from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import FakeTransport, Harness, harness, reply
from tests.unit.gateway.test_executor import TRADE, account, over
from tests.unit.gateway.test_notification import notification

from contracts.events.alerts import Alert
from gateway.admission.failed_signatures import NOTIFICATIONS_A_MINUTE, REQUESTS_A_MINUTE
from gateway.admission.failures import FailureRate
from gateway.calling.bulkhead import THRESHOLD
from gateway.calling.transport import Broken
from gateway.flows.notification import receive


async def alerts_of(gateway: Harness) -> list[dict[str, Any]]:
    """What reached Kafka for people."""
    stop = asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(gateway.deps.alerts.run(stop))
        await gateway.producer.has_taken.wait()
        stop.set()
    return gateway.producer.events()


def test_a_few_failures_are_nobodys_business() -> None:
    rate = FailureRate(3)
    assert [rate.note(second) for second in (0, 1, 61, 62, 122)] == [False] * 5


def test_many_within_a_minute_are_told_once() -> None:
    rate = FailureRate(3)
    assert [rate.note(second) for second in (0, 1, 2, 3, 30, 60)] == [
        False, False, True, False, False, False,
    ]  # fmt: skip


def test_a_rate_that_comes_back_after_it_fell_is_told_again() -> None:
    rate = FailureRate(2)
    assert [rate.note(second) for second in (0, 1, 59, 200, 201)] == [
        False, True, False, False, True,
    ]  # fmt: skip


async def test_refused_requests_of_an_app_are_told() -> None:
    gateway = harness()
    wrong = {"Authorization": 'PAYMESH-HMAC-SHA256 app_id="A1",key_id="K1",timestamp="1",'
             'nonce="n",signature="AAAA"'}  # fmt: skip
    async with client_of(application(gateway)) as client:
        for _ in range(REQUESTS_A_MINUTE + 5):
            assert (await client.plain.get("/v1/events", headers=wrong)).status_code == 401
    (alert,) = await alerts_of(gateway)
    assert alert["key"] == "signature.requests:A1"
    assert alert["facts"] == {"app_id": "A1", "reason": "stale"}


async def test_strangers_are_counted_as_one_and_scanners_not_at_all() -> None:
    gateway = harness()
    async with client_of(application(gateway)) as client:
        for number in range(REQUESTS_A_MINUTE + 5):
            invented = {"Authorization": f'PAYMESH-HMAC-SHA256 app_id="A{number}x",key_id="K1",'
                        'timestamp="1",nonce="n",signature="AAAA"'}  # fmt: skip
            await client.plain.get("/v1/events", headers=invented)
            await client.plain.get("/v1/events")
    (alert,) = await alerts_of(gateway)
    assert alert["key"] == "signature.requests:unknown"


async def test_webhooks_that_cannot_be_verified_are_told() -> None:
    gateway = harness()
    for _ in range(NOTIFICATIONS_A_MINUTE):
        await receive(gateway.deps, notification(signature="forged"))
    (alert,) = await alerts_of(gateway)
    assert (alert["key"], alert["merchant_id"]) == ("signature.notices:C1", "M1")


async def test_circuit_that_opens_is_told_once() -> None:
    shown: list[Alert] = []
    hanging = over(FakeTransport([Broken("reset")]), shown)
    for _ in range(THRESHOLD * 2):
        await hanging.query(account(), TRADE)
    assert [alert.key for alert in shown] == [f"channel.circuit:{account().account_id}"]


async def test_channel_that_answers_in_between_is_not_told_of() -> None:
    shown: list[Alert] = []
    answers = [Broken("reset")] * (THRESHOLD - 1) + [reply({"paid": 1299})]
    flaky = over(FakeTransport([*answers, *answers, reply({"paid": 1299})]), shown)
    for _ in range(THRESHOLD * 2):
        await flaky.query(account(), TRADE)
    assert shown == []
