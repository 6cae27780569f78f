"""What an app is told of its payment: never more than is durable."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    FakeTransport,
    HangingTransport,
    Harness,
    Step,
    fake_plugin,
    harness,
    operation,
    order_summary,
    payment_view,
    reply,
    splitting_plugin,
    there,
)
from tests.unit.gateway.test_routing import hosted, request

from chassis.problems import Overloaded
from contracts.api import CreatePayment, Method, PaymentStatus, PaymentView
from contracts.internal import OpenedPayment
from gateway.calling.bulkhead import MAX_CALLS_PER_ACCOUNT
from gateway.calling.transport import Broken, NotReached
from gateway.channels.plugin import Call, PayOrder, Reply
from gateway.directory import ChannelAccount
from gateway.domain.checkout_links import token_of
from gateway.domain.errors import Declined, NotInitiated, NotSent, Unknown
from gateway.flows import pay


def gateway(
    *steps: Step,
    created: bool = True,
    transport: FakeTransport | None = None,
    **view: Any,
) -> Harness:
    def open_payment(_: Any) -> OpenedPayment:
        return OpenedPayment(created=created, payment=payment_view(**view), order=order_summary())

    answers = {("POST", "/internal/payments"): open_payment}
    return harness(*steps, transport=transport, trade_core=answers)


async def create(gateway: Harness, given: CreatePayment | None = None) -> pay.Created:
    app = there(gateway.directory.find_app("A1"))
    return await pay.create(gateway.deps, app, given or request())


async def test_a_payment_that_waits_for_its_payer_says_how_to_call_them() -> None:
    paying = gateway(reply({"pay": "weixin://x"}))
    payment = (await create(paying)).payment
    assert payment.status is PaymentStatus.PENDING
    assert payment.action
    assert payment.action.model_dump() == {
        "type": "qr_code",
        "qr_code": "weixin://x",
    }
    assert payment.channel_trade_no == "T1"
    (result,) = paying.producer.events()
    assert (result["source"], result["verdict"]) == ("initiation", "pending")
    assert result["action"]["qr_code"] == "weixin://x"
    assert paying.producer.taken[0].key == payment.payment_no


async def test_money_that_comes_at_once_is_told_at_once() -> None:
    payment = (await create(gateway(reply({"paid": 1299})))).payment
    assert payment.status is PaymentStatus.SUCCEEDED
    assert payment.paid_at


async def test_another_amount_than_asked_for_is_a_conflict() -> None:
    paying = gateway(reply({"paid": 1}))
    assert (await create(paying)).payment.status is PaymentStatus.CONFLICTED
    assert paying.producer.events()[0]["amount"] == 1


@pytest.mark.parametrize(
    ("step", "problem", "status", "verdict", "words"),
    [
        (
            reply({"no": "NOT_ENOUGH"}),
            Declined,
            "failed",
            "declined",
            {"code": "NOT_ENOUGH", "message": "no money"},
        ),
        (NotReached("no connection"), NotSent, "failed", "not_sent", None),
        (Broken("reset"), Unknown, "unknown", "unknown", None),
        (Reply(200, {}, b"forged"), Unknown, "unknown", "unknown", None),
        (Reply(500, {}, b"oops"), Unknown, "unknown", "unknown", None),
    ],
)
async def test_an_initiation_that_did_not_work_carries_the_payment(
    step: Step,
    problem: type[NotInitiated],
    status: str,
    verdict: str,
    words: dict[str, str] | None,
) -> None:
    paying = gateway(step)
    with pytest.raises(problem) as refusal:
        await create(paying)
    body = refusal.value.body("id")
    assert body["payment"]["payment_no"] == payment_view().payment_no
    assert body["payment"]["status"] == status
    assert body.get("channel") == words
    assert paying.producer.events()[0]["verdict"] == verdict


async def test_whom_the_account_has_no_place_for_is_refused_before_a_payment_is_opened() -> None:
    """It would be told as failed, and the order would wait for a quarter of a minute."""
    transport = HangingTransport(reply({"pay": "weixin://x"}))
    paying = gateway(transport=transport)
    under_way = [asyncio.ensure_future(create(paying)) for _ in range(MAX_CALLS_PER_ACCOUNT)]
    for _ in under_way:
        await transport.arrived.get()
    opened = len(paying.trade_core.asked)
    with pytest.raises(Overloaded) as refusal:
        await create(paying)
    assert refusal.value.retry_after_s == 1
    assert len(paying.trade_core.asked) == opened
    transport.released.set()
    paid = await asyncio.gather(*under_way)
    assert {each.payment.status for each in paid} == {PaymentStatus.PENDING}
    assert (await create(paying)).payment.status is PaymentStatus.PENDING


@pytest.mark.parametrize(
    "step", [reply({"pay": "x"}), reply({"no": "N"}), NotReached(""), reply({"paid": 1299})]
)
async def test_what_is_not_durable_is_unknown(step: Step) -> None:
    paying = gateway(step)
    paying.producer.is_down = True
    with pytest.raises(Unknown) as refusal:
        await create(paying)
    assert refusal.value.body("id")["payment"]["status"] == "unknown"


async def test_a_replay_calls_no_channel() -> None:
    paying = gateway(created=False, status=PaymentStatus.SUCCEEDED)
    created = await create(paying)
    assert created.is_repeat
    assert created.payment.status is PaymentStatus.SUCCEEDED
    assert paying.transport.sent == []


async def test_without_trade_core_nothing_is_sent() -> None:
    def down(_: Any) -> PaymentView:
        raise Overloaded("down")

    paying = harness(trade_core={("POST", "/internal/payments"): down})
    with pytest.raises(Overloaded):
        await create(paying)
    assert paying.transport.sent == []


async def test_an_app_that_hangs_up_does_not_stop_the_payment() -> None:
    transport = HangingTransport(reply({"pay": "x"}))
    paying = gateway(transport=transport)
    asking = asyncio.ensure_future(create(paying))
    await transport.arrived.get()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    transport.released.set()
    await paying.deps.unbroken.drain()
    assert [event["verdict"] for event in paying.producer.events()] == ["pending"]


async def test_our_page_is_linked_and_no_channel_is_called() -> None:
    paying = gateway(
        method=Method.CASHIER, payment_id=None, channel=None, status=PaymentStatus.PENDING
    )
    payment = (await create(paying, request(method="cashier", payment_id=None))).payment
    assert payment.action
    assert payment.action.type == "redirect"
    assert payment.action.url.startswith(f"https://cashier.example/pay/{payment.payment_no}.")
    assert paying.transport.sent == []
    (_, _, asked) = paying.trade_core.asked[0]
    assert asked.channel is None


async def test_a_single_hosted_cashier_is_initiated_under_its_own_account() -> None:
    paying = gateway(
        reply({"pay": "https://hosted"}), method=Method.CASHIER, payment_id="C4", channel="hosted"
    )
    paying.directory.remove("C1")
    paying.directory.put(hosted("C4"))
    payment = (await create(paying, request(method="cashier", payment_id=None))).payment
    assert payment.action
    assert payment.action.type == "qr_code"
    (_, _, asked) = paying.trade_core.asked[0]
    assert (asked.channel, asked.request.payment_id) == ("hosted", "C4")


async def test_a_payer_without_an_address_of_the_apps_lands_at_a_page_of_ours() -> None:
    """That of the payment, where our page is what the app asked for."""
    orders: list[PayOrder] = []

    def call(order: PayOrder, account: str) -> Call:
        orders.append(order)
        return Call("POST", "/pay")

    for method in (Method.NATIVE, Method.CASHIER):
        paying = gateway(reply({"pay": "weixin://x"}), method=method)
        way = replace(operation("/pay"), call=call)
        noting = replace(fake_plugin(), methods={method: way}, hosted=frozenset({Method.CASHIER}))
        paying.directory.put(ChannelAccount("C1", "M1", True, noting, "C1's key"))
        await create(paying, request(method=method, return_url=None))
        await create(paying, request(method=method, return_url="https://shop.example/paid"))
    token = token_of(orders[0].payment_no, [b"checkout key"])
    assert [order.back_url for order in orders] == [
        "https://cashier.example/pay/landing",
        "https://shop.example/paid",
        f"https://cashier.example/pay/{token}/back",
        "https://shop.example/paid",
    ]


@pytest.mark.parametrize(
    ("asked", "is_split"),
    [
        ({}, False),
        ({"splits": True}, True),
        ({"split": [{"account": "190001", "amount": 100, "description": "维修基金"}]}, True),
    ],
)
async def test_a_channel_is_told_of_a_payment_that_will_be_split(
    asked: dict[str, Any], is_split: bool
) -> None:
    orders: list[PayOrder] = []

    def call(order: PayOrder, account: str) -> Call:
        orders.append(order)
        return Call("POST", "/pay")

    paying = gateway(reply({"pay": "weixin://x"}))
    plugin = splitting_plugin()
    method = replace(operation("/pay"), call=call)
    noting = replace(plugin, methods={Method.NATIVE: method})
    paying.directory.put(ChannelAccount("C1", "M1", True, noting, "C1's key"))
    await create(paying, request(**asked))
    assert [order.will_split for order in orders] == [is_split]
