"""Whose money it is, where an account does not know its own name: proven, or not believed
(own-account-only)."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    NOW,
    Harness,
    Step,
    fake_plugin,
    harness,
    order_summary,
    payment_view,
    ref_of,
    reply,
)

from contracts.identifiers import new_id
from contracts.internal import PaymentOnFile
from contracts.money import Money
from gateway.calling.transport import Broken
from gateway.channels.plugin import (
    Acknowledgement,
    AnotherReceiver,
    Notifications,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    Pending,
    RawNotification,
    Receiver,
    Succeeded,
)
from gateway.directory import ChannelAccount
from gateway.flows.notification import Notification, receive

PAYMENT_NO, REFUND_NO = "P01JGZ7K8M9N0P1Q2R3S4T5V6W7", new_id("refund")
OURS, THEIRS = Receiver("2088-ours", "T1"), Receiver("2088-theirs", "T9")
UNNAMED = Receiver("", "T1")
ACCEPTED, COMES_AGAIN = Acknowledgement(204), Acknowledgement(503, b"FAIL")
PAID = reply({"paid": 1299})
"""By the trade T1."""


def paid_to(receiver: Receiver) -> NotifiedPayment:
    paid = Succeeded(receiver.channel_no, Money(1299, "CNY"), NOW)
    return NotifiedPayment(PAYMENT_NO, paid, receiver=receiver)


def gateway_of(*steps: Step) -> Harness:
    """It answers questions about the payment by these steps."""
    view = payment_view(payment_no=PAYMENT_NO)
    on_file = PaymentOnFile(**dict(view), order=order_summary(), ref=ref_of(view))
    path = f"/internal/payments/{PAYMENT_NO}"
    return harness(*steps, trade_core={("GET", path): lambda _: on_file})


async def notify(gateway: Harness, *notified: Notified, is_shared: bool = True) -> Acknowledgement:
    """Each time by credentials of their own, as where keys are rotated."""

    def read(*_: object) -> list[Notified]:
        return list(notified)

    refuse = Acknowledgement(500, b"FAIL")
    notifications: Notifications[str] = Notifications(read, ACCEPTED, refuse, lambda *_: is_shared)
    plugin = fake_plugin(notifications=notifications)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    return await receive(gateway.deps, Notification("fake", "C1", RawNotification({}, b"")))


def alerts(gateway: Harness) -> list[Any]:
    waiting = gateway.deps.alerts._waiting
    raised = [waiting.get_nowait() for _ in range(waiting.qsize())]
    return [(each.key, each.facts["receiver"]) for each in raised]


def asked(gateway: Harness) -> int:
    """How often the channel was."""
    return len(gateway.transport.sent)


async def test_money_of_another_merchant_of_the_app_is_not_believed() -> None:
    gateway = gateway_of(reply({"pay": "qr"}), PAID)
    for _ in range(2):  # ours is unpaid, and is paid by another trade
        assert await notify(gateway, paid_to(THEIRS)) == COMES_AGAIN
        assert alerts(gateway) == [("notice:another-receiver:C1", "2088-theirs")]
    assert gateway.producer.taken == []


async def test_whose_trade_the_channel_tells_of_is_ours_and_is_asked_about_once() -> None:
    gateway = gateway_of(PAID)
    for _ in range(2):
        assert await notify(gateway, paid_to(OURS)) == ACCEPTED
    assert [each["source"] for each in gateway.producer.events()] == ["notice", "notice"]
    assert asked(gateway) == 1
    assert alerts(gateway) == []


async def test_another_one_beside_a_proven_one_is_asked_about_and_refused() -> None:
    gateway = gateway_of(PAID)
    await notify(gateway, paid_to(OURS))
    assert await notify(gateway, paid_to(THEIRS)) == COMES_AGAIN
    assert await notify(gateway, paid_to(OURS)) == ACCEPTED
    assert len(gateway.producer.taken) == 2
    assert asked(gateway) == 2
    assert alerts(gateway) == [("notice:another-receiver:C1", "2088-theirs")]


async def test_where_nobody_else_can_be_meant_the_first_one_is_ours_and_the_next_is_asked() -> None:
    gateway = gateway_of(PAID)
    assert await notify(gateway, paid_to(OURS), is_shared=False) == ACCEPTED
    assert asked(gateway) == 0
    assert await notify(gateway, paid_to(THEIRS), is_shared=False) == COMES_AGAIN
    assert len(gateway.producer.taken) == 1
    assert alerts(gateway) == [("notice:another-receiver:C1", "2088-theirs")]


async def test_whoever_was_first_does_not_keep_the_true_one_out() -> None:
    gateway = gateway_of(PAID)
    await notify(gateway, paid_to(THEIRS), is_shared=False)
    for _ in range(2):
        assert await notify(gateway, paid_to(OURS), is_shared=False) == ACCEPTED
    assert asked(gateway) == 1
    assert await notify(gateway, paid_to(THEIRS), is_shared=False) == COMES_AGAIN


async def test_a_refund_counts_like_the_payment_it_is_told_with() -> None:
    back = NotifiedRefund(REFUND_NO, PAYMENT_NO, Succeeded(), OURS)
    gateway = gateway_of(PAID)
    assert await notify(gateway, paid_to(OURS), back) == ACCEPTED
    assert len(gateway.producer.taken) == 2
    theirs = replace(back, receiver=THEIRS)
    assert await notify(gateway, theirs) == COMES_AGAIN
    assert len(gateway.producer.taken) == 2


@pytest.mark.parametrize(("is_shared", "count"), [(True, 2), (False, 0)])
async def test_who_is_not_named_is_asked_about_each_time_where_others_may_be_meant(
    is_shared: bool, count: int
) -> None:
    """A bounced refund (冲退) names no seller."""
    bounced = NotifiedRefund(REFUND_NO, PAYMENT_NO, Succeeded(), UNNAMED)
    gateway = gateway_of(PAID)
    for _ in range(2):
        assert await notify(gateway, bounced, is_shared=is_shared) == ACCEPTED
    assert asked(gateway) == count
    assert len(gateway.producer.taken) == 2


async def test_silence_proves_nothing_and_blames_nobody() -> None:
    gateway = gateway_of(Broken("reset"))
    assert await notify(gateway, paid_to(OURS)) == COMES_AGAIN
    assert gateway.producer.taken == []
    assert alerts(gateway) == []


async def test_what_claims_no_money_alarms_nobody() -> None:
    gateway = gateway_of(reply({"no": "closed"}))
    unpaid = NotifiedPayment(PAYMENT_NO, Pending(), receiver=THEIRS)
    assert await notify(gateway, unpaid) == COMES_AGAIN
    assert alerts(gateway) == []


async def test_people_hear_whose_money_was_told_to_an_account_that_knows_its_own_name() -> None:
    def read(*_: object) -> list[Notified]:
        raise AnotherReceiver("2088-theirs")

    gateway = gateway_of(PAID)
    notifications: Notifications[str] = Notifications(read, ACCEPTED, COMES_AGAIN)
    plugin = fake_plugin(notifications=notifications)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    word = Notification("fake", "C1", RawNotification({}, b""))
    assert (await receive(gateway.deps, word)).status == 401
    assert gateway.producer.taken == []
    assert alerts(gateway) == [("notice:another-receiver:C1", "2088-theirs")]
