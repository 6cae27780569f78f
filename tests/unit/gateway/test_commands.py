"""trade-core's commands: hints with a lease, carried out within caps."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    NOW,
    HangingTransport,
    Harness,
    Step,
    fake_plugin,
    harness,
    operation,
    reply,
    there,
)

from chassis.consumer import DeadRecord, Record
from contracts.api import Method
from contracts.events.commands import (
    SOURCE,
    AnyCommandRecord,
    ChannelCommand,
    CommandName,
    PaymentRef,
    RefundRef,
)
from gateway.calling.transport import Broken
from gateway.channels.plugin import Undo, Unknown
from gateway.channels.stripe import refund_keys
from gateway.consumers import MAX_RUNNING_PER_ACCOUNT, Commands
from gateway.directory import ChannelAccount, Directory
from gateway.flows import command as flow

PAYMENT = PaymentRef(
    payment_no="P1",
    payment_id="C1",
    merchant_id="M1",
    merchant_order_no="W1",
    channel="fake",
    method=Method.NATIVE,
    amount=1299,
    currency="CNY",
    channel_trade_no=None,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=2),
)
REFUND = RefundRef(refund_no="R1", amount=100, reason=None, channel_refund_no=None, created_at=NOW)


def command(name: CommandName = CommandName.QUERY, **changes: Any) -> ChannelCommand:
    is_refund = name not in (CommandName.QUERY, CommandName.CLOSE)
    right = ChannelCommand(
        command=name,
        payment=PAYMENT,
        refund=REFUND if is_refund else None,
        lease_until=NOW + timedelta(seconds=30),
    )
    return right.model_copy(update=changes)


def event(payload: ChannelCommand) -> AnyCommandRecord:
    return AnyCommandRecord(
        id="E1", source=SOURCE, type="command", subject="P1", time=NOW, data=payload
    )


async def carried_out(payload: ChannelCommand, *steps: Step) -> Harness:
    gateway = harness(*steps)
    await flow.run(gateway.deps, payload)
    return gateway


@pytest.mark.parametrize(
    ("name", "topic", "target"),
    [
        (CommandName.QUERY, "paymesh.payment-results.v1", "/query"),
        (CommandName.CLOSE, "paymesh.payment-results.v1", "/close"),
        (CommandName.REFUND, "paymesh.refund-results.v1", "/refund"),
        (CommandName.QUERY_REFUND, "paymesh.refund-results.v1", "/query_refund"),
    ],
)
async def test_each_command_asks_its_channel_and_tells_the_answer(
    name: CommandName, topic: str, target: str
) -> None:
    gateway = await carried_out(command(name), reply({"paid": 1299}))
    assert [request.url for request in gateway.transport.sent] == [f"https://fake.example{target}"]
    (message,) = gateway.producer.taken
    assert (message.topic, message.key) == (topic, "P1")
    assert gateway.producer.events()[0]["source"] == name


@pytest.mark.parametrize(("paid_at", "target"), [(NOW, "/query_undo"), (None, "/query_refund")])
async def test_when_it_was_paid_says_how_the_money_goes_back(
    paid_at: datetime | None, target: str
) -> None:
    """A trade-core of an earlier release does not tell."""
    gateway = harness(reply({"paid": 1299}))
    way = Undo(
        lambda refunding: refunding.trade.paid_at is not None,
        operation("/undo"),
        operation("/query_undo"),
    )
    gateway.directory.put(ChannelAccount("C1", "M1", True, fake_plugin(undo=way), "key"))
    asked = PAYMENT.model_copy(update={"paid_at": paid_at})
    await flow.run(gateway.deps, command(CommandName.QUERY_REFUND, payment=asked))
    assert [request.url for request in gateway.transport.sent] == [f"https://fake.example{target}"]
    assert gateway.producer.events()[0]["refund_no"] == "R1"


@pytest.mark.parametrize(
    ("age", "targets"), [(timedelta(), ["/refund"]), (timedelta(hours=1), ["/query_refund"])]
)
async def test_by_which_keys_a_refund_is_sent_goes_by_the_lease_and_no_other_clock(
    age: timedelta, targets: list[str]
) -> None:
    gateway = harness(reply({"paid": 1299}))
    plugin = fake_plugin(refund_keys=refund_keys.usable)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    lease_until = NOW + timedelta(minutes=1)
    begun = REFUND.model_copy(update={"created_at": lease_until - age})
    await flow.run(gateway.deps, command(CommandName.REFUND, refund=begun, lease_until=lease_until))
    sent = [request.url for request in gateway.transport.sent]
    assert sent == [f"https://fake.example{target}" for target in targets]


async def test_an_answer_that_did_not_come_is_told_as_unknown() -> None:
    gateway = await carried_out(command(), Broken("reset"))
    assert gateway.producer.events()[0]["verdict"] == "unknown"


async def test_a_command_whose_lease_is_over_is_left_alone() -> None:
    gateway = await carried_out(command(lease_until=NOW))
    assert gateway.transport.sent == []
    assert gateway.producer.taken == []


@pytest.mark.parametrize("changes", [{"payment_id": "C9"}, {"channel": "other"}])
async def test_a_command_for_an_unknown_account_is_left_alone(changes: dict[str, str]) -> None:
    payment = PAYMENT.model_copy(update=changes)
    assert (await carried_out(command(payment=payment))).transport.sent == []


async def test_a_refund_command_without_its_refund_is_left_alone() -> None:
    gateway = await carried_out(command(CommandName.REFUND, refund=None))
    assert gateway.transport.sent == []


async def test_a_disabled_account_still_ends_what_it_began() -> None:
    gateway = harness(reply({"closed": True}))
    gateway.directory.put(ChannelAccount("C1", "M1", False, fake_plugin(), "key"))
    await flow.run(gateway.deps, command(CommandName.CLOSE))
    assert gateway.producer.events()[0]["verdict"] == "succeeded"


async def test_a_channel_that_cannot_close_is_asked_how_the_trade_stands() -> None:
    gateway = harness(reply({"pay": "x"}))
    gateway.directory.put(ChannelAccount("C1", "M1", True, fake_plugin(close=None), "key"))
    await flow.run(gateway.deps, command(CommandName.CLOSE))
    (result,) = gateway.producer.events()
    assert (result["source"], result["verdict"]) == ("query", "pending")


async def test_kafka_away_is_no_error_of_the_command() -> None:
    gateway = harness(reply({"paid": 1299}))
    gateway.producer.is_down = True
    await flow.run(gateway.deps, command())
    assert gateway.producer.taken == []


async def test_what_exceeds_the_cap_of_an_account_is_dropped_at_once() -> None:
    transport = HangingTransport(reply({"paid": 1299}))
    gateway = harness(transport=transport)
    gateway.directory.put(ChannelAccount("C2", "M1", True, fake_plugin(), "key"))
    other = command(payment=PAYMENT.model_copy(update={"payment_id": "C2"}))
    commands = Commands(gateway.deps)
    await commands.start([event(command())] * (MAX_RUNNING_PER_ACCOUNT + 5) + [event(other)])
    transport.released.set()
    await gateway.deps.unbroken.drain()
    assert len(gateway.producer.taken) == MAX_RUNNING_PER_ACCOUNT + 1
    await commands.start([event(command())])
    await gateway.deps.unbroken.drain()
    assert len(gateway.producer.taken) == MAX_RUNNING_PER_ACCOUNT + 2


async def test_what_comes_before_the_configuration_waits_for_it() -> None:
    """A refund that a new replica is given first was sent half a minute later, when its lease had
    ended."""
    gateway = harness(reply({"paid": 1299}))
    known = asyncio.Event()
    deps = replace(gateway.deps, is_configured=known.is_set, until_configured=known.wait)
    starting = asyncio.ensure_future(Commands(deps).start([event(command())]))
    await _turns()
    assert not starting.done()
    known.set()
    await _turns()
    assert starting.done(), "woken, not found by looking again"
    await deps.unbroken.drain()
    assert len(gateway.producer.taken) == 1


async def test_what_comes_before_the_first_app_waits_for_it_and_then_no_longer() -> None:
    gateway = harness(reply({"paid": 1299}))
    kept, directory = gateway.directory, Directory()
    starting = asyncio.ensure_future(
        Commands(replace(gateway.deps, directory=directory)).start([event(command())])
    )
    await _turns()
    assert not starting.done()
    directory.put(there(kept.find_account("C1")))
    directory.put(there(kept.find_app("A1")))
    await _turns()
    assert starting.done()
    await gateway.deps.unbroken.drain()
    assert len(gateway.producer.taken) == 1


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_unreadable_commands_are_told_to_people() -> None:
    gateway = harness()
    dead = DeadRecord(Record("t", 1, 2, "P1", b"x", {}, 0), "not JSON")
    await Commands(gateway.deps).dead_letter([dead])
    stop = asyncio.Event()
    telling = asyncio.ensure_future(gateway.deps.alerts.run(stop))
    await asyncio.wait_for(gateway.producer.has_taken.wait(), 60)
    stop.set()
    await telling
    assert gateway.producer.events()[0]["key"] == "command:unreadable"


@pytest.mark.parametrize("bounces", [True, False])
async def test_a_refund_that_went_back_says_whether_it_may_bounce(bounces: bool) -> None:
    gateway = harness(reply({"paid": 100}))
    bank = fake_plugin(refunds_bounce=bounces)
    gateway.directory.put(ChannelAccount("C1", "M1", True, bank, "key"))
    await flow.run(gateway.deps, command(CommandName.REFUND))
    [result] = gateway.producer.events()
    assert (result["verdict"], result["may_bounce"]) == ("succeeded", bounces)


async def test_how_far_apart_a_channel_takes_refunds_is_told() -> None:
    gateway = harness(reply({}))
    soon = Unknown("FREQUENCY_LIMITED", "too soon", pause_s=65)
    refund = replace(operation("/refund"), outcome=lambda *_: soon)
    plugin = fake_plugin(refund=refund)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    await flow.run(gateway.deps, command(CommandName.REFUND))
    [result] = gateway.producer.events()
    assert (result["verdict"], result["pause_s"]) == ("unknown", 65)


@pytest.mark.parametrize(
    ("apart_s", "has_others", "called"), [(4, True, 0), (4, False, 1), (None, True, 1)]
)
async def test_one_of_several_refunds_waits_for_its_turn_where_the_channel_wants_that(
    apart_s: int | None, has_others: bool, called: int
) -> None:
    gateway = harness(*[reply({"paid": 100})] * called)
    plugin = fake_plugin(refunds_apart_s=apart_s)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    refund = REFUND.model_copy(update={"has_others": has_others})
    await flow.run(gateway.deps, command(CommandName.REFUND, refund=refund))
    [result] = gateway.producer.events()
    waits = ("not_sent", "in_turn", 4)
    outcome = (result["verdict"], result["code"], result["pause_s"])
    assert outcome == (("succeeded", None, None) if called else waits)


async def test_an_abnormal_refund_is_sent_elsewhere_where_the_channel_can() -> None:
    gateway = harness(reply({"paid": 100}))
    able = fake_plugin(refund_abnormal=operation("/abnormal"))
    gateway.directory.put(ChannelAccount("C1", "M1", True, able, "key"))
    await flow.run(gateway.deps, command(CommandName.REFUND_ABNORMAL))
    [result] = gateway.producer.events()
    assert (result["refund_no"], result["verdict"]) == ("R1", "succeeded")
    assert gateway.transport.sent[0].url.endswith("/abnormal")


async def test_a_channel_that_leaves_abnormal_refunds_to_people_is_not_asked() -> None:
    gateway = await carried_out(command(CommandName.REFUND_ABNORMAL), reply({"paid": 100}))
    [result] = gateway.producer.events()
    assert (result["verdict"], result["code"]) == ("not_sent", "no_way")
    assert gateway.transport.sent == []
