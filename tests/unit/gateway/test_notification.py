"""Webhooks: acknowledged only when they are true and durable."""

import json
from typing import Any

import pytest
from tests.unit.gateway.harness import Harness, fake_plugin, harness, reply

from contracts.money import Money
from gateway.calling.transport import Broken
from gateway.channels.plugin import (
    Acknowledgement,
    Call,
    Declined,
    Notifications,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    Question,
    RawNotification,
    Succeeded,
)
from gateway.directory import ChannelAccount
from gateway.domain.errors import NotHere
from gateway.flows.notification import Notification, receive


def notification(channel: str = "fake", payment_id: str = "C1", **changes: Any) -> Notification:
    headers = {"signature": changes.pop("signature", "C1's key")}
    body = changes.pop("body", json.dumps({"payment_no": "P1", "amount": 1299}).encode())
    return Notification(channel, payment_id, RawNotification(headers, body))


def with_notifications(gateway: Harness, *notified: Any) -> None:
    notifications: Notifications[str] = Notifications(
        lambda *_: list(notified), Acknowledgement(204), Acknowledgement(500, b"FAIL")
    )
    plugin = fake_plugin(notifications=notifications)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))


async def test_a_true_notification_is_published_and_then_acknowledged() -> None:
    gateway = harness()
    assert await receive(gateway.deps, notification()) == Acknowledgement(200, b"success")
    (result,) = gateway.producer.events()
    assert (result["merchant_id"], result["asked_at"]) == ("M1", result["said_at"])
    assert (result["source"], result["verdict"], result["amount"], result["payment_id"]) == (
        "notice",
        "succeeded",
        1299,
        "C1",
    )


async def test_an_account_may_acknowledge_in_its_own_form() -> None:
    gateway = harness()
    notifications: Notifications[str] = Notifications(
        lambda *_: [],
        Acknowledgement(204),
        Acknowledgement(500),
        accept_of=lambda account: Acknowledgement(200, account.encode()),
    )
    plugin = fake_plugin(notifications=notifications)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    assert await receive(gateway.deps, notification()) == Acknowledgement(200, b"key")


@pytest.mark.parametrize("wrong", [{"signature": "forged"}, {"body": b"nonsense"}])
async def test_what_is_not_verified_is_refused_and_not_stored(wrong: dict[str, Any]) -> None:
    gateway = harness()
    assert await receive(gateway.deps, notification(**wrong)) == Acknowledgement(401, b"fail")
    assert gateway.producer.taken == []


async def test_what_cannot_be_made_durable_must_come_again() -> None:
    gateway = harness()
    gateway.producer.is_down = True
    assert await receive(gateway.deps, notification()) == Acknowledgement(503, b"fail")


def asking(gateway: Harness) -> None:
    """A channel whose notifications name something, and do not say how it stands."""

    def read(*_: object) -> list[Notified]:
        paid = NotifiedPayment("P1", Succeeded("T1", Money(1299, "CNY")))
        raise Question(Call("GET", "/thing"), lambda answer, account: [paid])

    notifications: Notifications[str] = Notifications(
        read, Acknowledgement(204), Acknowledgement(500, b"FAIL")
    )
    plugin = fake_plugin(notifications=notifications)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))


async def test_what_a_notification_only_names_is_asked_for() -> None:
    gateway = harness(reply({"fine": True}))
    asking(gateway)
    assert (await receive(gateway.deps, notification())).status == 204
    assert [request.url for request in gateway.transport.sent] == ["https://fake.example/thing"]
    (result,) = gateway.producer.events()
    assert (result["payment_no"], result["verdict"]) == ("P1", "succeeded")


async def test_what_the_channel_does_not_tell_must_come_again() -> None:
    gateway = harness(Broken("reset"))
    asking(gateway)
    assert await receive(gateway.deps, notification()) == Acknowledgement(503, b"FAIL")
    assert gateway.producer.taken == []


@pytest.mark.parametrize(("channel", "payment_id"), [("fake", "C9"), ("other", "C1")])
async def test_a_wrong_address_gives_no_hint(channel: str, payment_id: str) -> None:
    gateway = harness()
    with pytest.raises(NotHere) as refusal:
        await receive(gateway.deps, notification(channel, payment_id))
    assert refusal.value.detail == "There is no such address."


async def test_a_disabled_account_still_hears_of_its_money() -> None:
    gateway = harness()
    gateway.directory.put(ChannelAccount("C1", "M1", False, fake_plugin(), "C1's key"))
    assert (await receive(gateway.deps, notification())).status == 200
    assert len(gateway.producer.taken) == 1


async def test_a_refund_is_told_on_its_own_topic_under_the_payments_key() -> None:
    gateway = harness()
    with_notifications(gateway, NotifiedRefund("R1", "P1", Declined("X", "x", abnormal=True)))
    assert (await receive(gateway.deps, notification())).status == 204
    (message,) = gateway.producer.taken
    assert (message.topic, message.key) == ("paymesh.refund-results.v1", "P1")
    assert gateway.producer.events()[0]["abnormal"] is True


async def test_a_refund_whose_channel_names_it_alone_is_told_under_its_own_number() -> None:
    gateway = harness()
    with_notifications(gateway, NotifiedRefund("R1", "", Succeeded("T1", Money(500, "CNY"))))
    assert (await receive(gateway.deps, notification())).status == 204
    (message,) = gateway.producer.taken
    assert (message.topic, message.key) == ("paymesh.refund-results.v1", "R1")


async def test_a_notification_about_nothing_of_ours_is_acknowledged() -> None:
    gateway = harness()
    with_notifications(gateway)
    assert (await receive(gateway.deps, notification())).status == 204
    assert gateway.producer.taken == []


async def test_a_notification_about_several_things_is_published_whole() -> None:
    gateway = harness()
    with_notifications(
        gateway, NotifiedRefund("R1", "P1", Succeeded()), NotifiedRefund("R2", "P1", Succeeded())
    )
    await receive(gateway.deps, notification())
    assert [event["refund_no"] for event in gateway.producer.events()] == ["R1", "R2"]
