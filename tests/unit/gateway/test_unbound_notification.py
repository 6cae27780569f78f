"""A notification whose number nobody signed makes the gateway ask; it is no result itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel
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

from chassis.problems import Forwarded, Overloaded
from contracts.api import Method
from contracts.internal import PaymentOnFile
from contracts.money import Money
from gateway.calling.transport import Broken
from gateway.channels.plugin import (
    Acknowledgement,
    Call,
    Notifications,
    NotifiedPayment,
    Outcome,
    Pending,
    RawNotification,
    Succeeded,
    Trade,
)
from gateway.directory import ChannelAccount
from gateway.flows.notification import Notification, receive

PAYMENT_NO = "P01JGZ7K8M9N0P1Q2R3S4T5V6W7"
PATH = f"/internal/payments/{PAYMENT_NO}"
PAID = Succeeded("T1", Money(1299, "CNY"), NOW)
ACCEPTED, TO_COME_AGAIN = Acknowledgement(204), Acknowledgement(503, b"FAIL")


def on_file(**changes: Any) -> PaymentOnFile:
    view = payment_view(payment_no=PAYMENT_NO, **changes)
    return PaymentOnFile(**dict(view), order=order_summary(), ref=ref_of(view))


def hinting(
    *steps: Step,
    number: str = PAYMENT_NO,
    outcome: Any = PAID,
    core: Callable[[Any], BaseModel] = lambda _: on_file(),
    **plugin: Any,
) -> Harness:
    """A gateway whose channel has sent an unbound notification about `number`, and answers
    questions by `steps`."""
    gateway = harness(*steps, trade_core={("GET", PATH): core})
    notifications: Notifications[str] = Notifications(
        lambda *_: [NotifiedPayment(number, outcome, is_unbound=True)],
        ACCEPTED,
        Acknowledgement(500, b"FAIL"),
    )
    changed = fake_plugin(notifications=notifications, **plugin)
    gateway.directory.put(ChannelAccount("C1", "M1", True, changed, "key"))
    return gateway


async def notify(gateway: Harness) -> Acknowledgement:
    return await receive(gateway.deps, Notification("fake", "C1", RawNotification({}, b"")))


def alerts(gateway: Harness) -> list[str]:
    waiting = gateway.deps.alerts._waiting
    return [waiting.get_nowait().key for _ in range(waiting.qsize())]


async def test_the_channel_is_asked_as_it_was_called() -> None:
    """By our page, which is not how the app wanted it."""
    seen: list[Trade] = []

    def query(trade: Trade, account: str) -> Call:
        seen.append(trade)
        return Call("POST", "/query")

    view = payment_view(payment_no=PAYMENT_NO, method=Method.CASHIER)
    ref = ref_of(view, method=Method.H5, paid_at=NOW, initiated_at=NOW)
    filed = PaymentOnFile(**dict(view), order=order_summary(), ref=ref)
    asking = replace(fake_plugin().query, call=query)
    gateway = hinting(reply({"paid": 1}), core=lambda _: filed, query=asking)
    assert await notify(gateway) == ACCEPTED
    assert [(each.method, each.paid_at, each.begun_at) for each in seen] == [(Method.H5, NOW, NOW)]


async def test_a_trade_core_that_does_not_tell_how_it_was_called_is_asked_again() -> None:
    untold = on_file().model_copy(update={"ref": None})
    gateway = hinting(reply({"paid": 1}), core=lambda _: untold)
    assert await notify(gateway) == TO_COME_AGAIN
    assert gateway.transport.sent == []


async def test_the_answer_of_the_channel_is_published_and_not_the_notification() -> None:
    gateway = hinting(reply({"paid": 1}))
    assert await notify(gateway) == ACCEPTED
    (result,) = gateway.producer.events()
    assert (result["source"], result["verdict"], result["amount"]) == ("query", "succeeded", 1)
    assert [request.url for request in gateway.transport.sent] == ["https://fake.example/query"]


@pytest.mark.parametrize("answer", [reply({"pay": "qr"}), Broken("reset")])
async def test_money_that_the_channel_does_not_confirm_is_no_result_and_comes_again(
    answer: Step,
) -> None:
    gateway = hinting(answer)
    assert await notify(gateway) == TO_COME_AGAIN
    assert gateway.producer.taken == []


async def test_an_unbound_one_that_claims_no_money_is_answered_by_what_the_channel_says() -> None:
    gateway = hinting(reply({"pay": "qr"}), outcome=Pending())
    assert await notify(gateway) == ACCEPTED
    assert gateway.producer.events()[0]["verdict"] == "pending"


def not_found(_: Any) -> BaseModel:
    raise Forwarded(404, {"code": "not_found", "detail": "There is no such payment."})


def elsewhere(_: Any) -> BaseModel:
    return on_file(payment_id="C2")


@pytest.mark.parametrize(
    ("number", "core"),
    [(PAYMENT_NO, not_found), ("P1/../../refunds", not_found)],
)
async def test_a_number_that_is_not_on_file_is_told_and_acknowledged(
    number: str, core: Callable[[Any], BaseModel]
) -> None:
    gateway = hinting(reply({"paid": 1299}), number=number, core=core)
    assert await notify(gateway) == ACCEPTED
    assert gateway.producer.taken == []
    assert gateway.transport.sent == []
    assert alerts(gateway) == ["notice:unknown-number:C1"]


async def test_another_accounts_payment_is_for_trade_core_to_refuse() -> None:
    """Which keeps the word, and tells people who spoke (`own-account-only`)."""
    gateway = hinting(core=elsewhere)
    assert await notify(gateway) == ACCEPTED
    (result,) = gateway.producer.events()
    assert (result["payment_no"], result["payment_id"]) == (PAYMENT_NO, "C1")
    assert (result["source"], result["verdict"], result["amount"]) == ("notice", "succeeded", 1299)
    assert gateway.transport.sent == []
    assert alerts(gateway) == []


async def test_while_trade_core_does_not_answer_the_notification_must_come_again() -> None:
    def away(_: Any) -> BaseModel:
        raise Overloaded("A service behind this one does not answer.")

    gateway = hinting(reply({"paid": 1299}), core=away)
    assert await notify(gateway) == TO_COME_AGAIN


@pytest.mark.parametrize(("channel_no", "amount"), [("T1", 1299), ("T2", None)])
async def test_an_amount_that_only_the_notification_states_counts_under_the_channels_own_number(
    channel_no: str, amount: int | None
) -> None:
    def silent_on_amounts(*_: object) -> Outcome:
        return Succeeded(channel_no)

    plain = fake_plugin().query
    query = type(plain)(plain.call, silent_on_amounts)
    gateway = hinting(reply({}), query=query)
    assert await notify(gateway) == ACCEPTED
    assert gateway.producer.events()[0]["amount"] == amount


LATER = NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("answered", "paid_at"),
    [
        (Succeeded("T1"), LATER),
        (Succeeded("T1", at=NOW), NOW),
        (Succeeded("T1", Money(5, "CNY")), LATER),
        (Succeeded("T2"), None),
        (Succeeded(), None),
    ],
)
async def test_a_time_that_only_the_notification_states_counts_under_the_channels_own_number(
    answered: Succeeded, paid_at: datetime | None
) -> None:
    """Else nobody knows when it was paid, and it counts as paid when we heard of it."""
    plain = fake_plugin().query
    query = type(plain)(plain.call, lambda *_: answered)
    gateway = hinting(reply({}), outcome=replace(PAID, at=LATER), query=query)
    assert await notify(gateway) == ACCEPTED
    (result,) = gateway.producer.events()
    stated_at = result.get("paid_at")
    assert (stated_at and datetime.fromisoformat(stated_at)) == paid_at


@pytest.mark.parametrize(("stated", "published"), [(1299, 1), (5, 5)])
async def test_what_either_of_them_says_to_have_been_taken_otherwise_is_told(
    stated: int, published: int
) -> None:
    """A word that differs from ours, by which the payment becomes a conflict."""
    notified = replace(PAID, amount=Money(1, "CNY"))
    plain = fake_plugin().query
    query = type(plain)(plain.call, lambda *_: Succeeded("T1", Money(stated, "CNY")))
    gateway = hinting(reply({}), outcome=notified, query=query)
    assert await notify(gateway) == ACCEPTED
    (result,) = gateway.producer.events()
    assert (result["verdict"], result["amount"]) == ("succeeded", published)
