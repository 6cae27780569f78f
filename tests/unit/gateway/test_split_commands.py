"""Splits, and refunds of what was split, as trade-core has them sent."""

from typing import Any

import pytest
from tests.unit.gateway.harness import NOW, Harness, Step, fake_plugin, harness, operation, reply
from tests.unit.gateway.test_commands import REFUND, carried_out, command

from contracts.events.commands import CommandName, Share, SplitRef, SplitReturn
from contracts.money import Money
from gateway.calling.transport import Broken
from gateway.channels.plugin import (
    Answer,
    Declined,
    Operation,
    Outcome,
    Pending,
    SharedOut,
    Splits,
    Succeeded,
)
from gateway.directory import ChannelAccount
from gateway.flows import command as flow

SPLIT = SplitRef(
    split_no="S1",
    receivers=[Share(account="A", amount=300, description="x")],
    finish=True,
    channel_split_no=None,
    created_at=NOW,
)
RETURNS = [
    SplitReturn(split_no="S1", account="A", amount=100, return_no="R1-1"),
    SplitReturn(split_no="S1", account="B", amount=50, return_no="R1-2"),
]
REFUNDED_WITH_RETURNS = REFUND.model_copy(update={"returns": RETURNS})
GIVEN, WAITING, REFUSED = reply({"given": True}), reply({"given": None}), reply({"given": False})


def read(answer: Answer, *_: object) -> Outcome:
    match answer.content:
        case {"failed": str(code)}:
            share = SharedOut("A", Money(300, "CNY"), "failed", code, code)
            return Succeeded("C9", shares=(share,))
        case {"given": True}:
            return Succeeded("RET1")
        case {"given": None}:
            return Pending()
        case {"given": False}:
            return Declined("NO", "never")
        case _:
            return Declined("no_split", "the order is not for splitting")


def splitting(*steps: Step, return_split: bool = True) -> Harness:
    """A channel that splits; `return_split`: its receivers are asked one by one."""
    ask: Operation[Any, str] = Operation(operation("/call_back").call, read)
    splits: Splits[str] = Splits(
        split=Operation(operation("/split").call, read),
        query=Operation(operation("/query_split").call, read),
        return_split=ask if return_split else None,
        gives_back=lambda account: account != "person",
    )
    gateway = harness(*steps)
    plugin = fake_plugin(splits=splits)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    return gateway


async def refunded(*steps: Step, **more: Any) -> tuple[Harness, dict[str, Any]]:
    gateway = splitting(*steps, **more)
    await flow.run(gateway.deps, command(CommandName.REFUND, refund=REFUNDED_WITH_RETURNS))
    [result] = gateway.producer.events()
    return gateway, result


def asked(gateway: Harness) -> list[str]:
    return [request.url.rpartition("/")[2] for request in gateway.transport.sent]


@pytest.mark.parametrize("name", [CommandName.SPLIT, CommandName.QUERY_SPLIT])
async def test_a_split_is_asked_and_told_by_the_topic_of_payments(name: CommandName) -> None:
    gateway = splitting(reply({"failed": "NO_RELATION"}))
    await flow.run(gateway.deps, command(name, refund=None, split=SPLIT))
    assert asked(gateway) == [name.value]
    (message,) = gateway.producer.taken
    assert (message.topic, message.key) == ("paymesh.payment-results.v1", "P1")
    assert message.headers["ce_type"] == "split.result"
    [result] = gateway.producer.events()
    assert (result["source"], result["verdict"]) == (name, "succeeded")
    assert (result["split_no"], result["channel_split_no"]) == ("S1", "C9")
    assert result["receivers"] == [
        {
            "account": "A",
            "amount": 300,
            "status": "failed",
            "code": "NO_RELATION",
            "message": "NO_RELATION",
        }
    ]


async def test_a_split_that_is_refused_says_why() -> None:
    gateway = splitting(reply({"no": 1}))
    await flow.run(gateway.deps, command(CommandName.SPLIT, refund=None, split=SPLIT))
    [result] = gateway.producer.events()
    assert (result["verdict"], result["code"]) == ("declined", "no_split")


async def test_a_channel_that_cannot_split_declines() -> None:
    gateway = await carried_out(command(CommandName.SPLIT, refund=None, split=SPLIT))
    [result] = gateway.producer.events()
    assert (result["verdict"], result["code"]) == ("declined", "no_splits")
    assert gateway.transport.sent == []


async def test_a_split_command_without_its_split_is_left_alone() -> None:
    gateway = splitting(reply({}))
    await flow.run(gateway.deps, command(CommandName.SPLIT, refund=None))
    assert gateway.transport.sent == []
    assert gateway.producer.taken == []


async def test_a_refund_is_sent_when_its_receivers_have_given_back() -> None:
    gateway, result = await refunded(GIVEN, GIVEN, reply({"paid": 100}))
    assert asked(gateway) == ["call_back", "call_back", "refund"]
    assert (result["source"], result["verdict"]) == ("refund", "succeeded")
    assert result["returned"] == ["R1-1", "R1-2"]


@pytest.mark.parametrize("step", [WAITING, Broken("reset")])
async def test_a_refund_waits_for_its_receivers(step: Step) -> None:
    gateway, result = await refunded(GIVEN, step)
    assert asked(gateway) == ["call_back", "call_back"]
    assert (result["verdict"], result["returned"]) == ("pending", ["R1-1"])


async def test_a_refund_whose_receiver_never_gives_back_is_declined() -> None:
    gateway, result = await refunded(REFUSED, GIVEN)
    assert "refund" not in asked(gateway)
    assert (result["verdict"], result["code"], result["returned"]) == ("declined", "NO", ["R1-2"])


async def test_a_refund_is_not_declined_before_the_others_are_known() -> None:
    _, result = await refunded(REFUSED, WAITING)
    assert (result["verdict"], result["returned"]) == ("pending", [])


async def test_a_person_is_not_asked_to_give_back() -> None:
    gateway = splitting(reply({"paid": 100}))
    owed = SplitReturn(split_no="S1", account="person", amount=100, return_no="R1-1")
    refund = REFUND.model_copy(update={"returns": [owed]})
    await flow.run(gateway.deps, command(CommandName.REFUND, refund=refund))
    [result] = gateway.producer.events()
    assert (result["verdict"], result["code"]) == ("declined", "no_return")
    assert gateway.transport.sent == []


async def test_a_channel_whose_refund_asks_the_receivers_is_asked_once() -> None:
    gateway, result = await refunded(reply({"paid": 100}), return_split=False)
    assert asked(gateway) == ["refund"]
    assert (result["verdict"], result["returned"]) == ("succeeded", [])
