"""Centres with one fault in their making. Each must be found out, or the simulation is blind."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.simulation.database import ConnectionLost, SimulatedDatabase
from tests.simulation.faults import Faults
from tests.simulation.parts import REAL, Parts
from tests.simulation.plugin import plugin

from chassis.consumer import Consumer
from chassis.database import Database, Tx
from chassis.outbox import Relay
from chassis.producer import Message, NotPublished, Producer
from contracts.identifiers import new_id
from gateway.calling.executor import Executor
from gateway.channels.plugin import (
    Call,
    Declined,
    Moment,
    Notified,
    Outcome,
    PayOrder,
    Plugin,
    RawNotification,
    Refunding,
    Succeeded,
    Trade,
    Unknown,
)
from gateway.directory import ChannelAccount
from trade_core.flows.deps import Deps


class ImpatientExecutor(Executor):
    """No answer is taken for a no."""

    async def pay(self, account: ChannelAccount, order: PayOrder) -> Outcome:
        outcome = await super().pay(account, order)
        return Declined(outcome.code, "no answer") if isinstance(outcome, Unknown) else outcome


class CarefreeExecutor(Executor):
    """A close is taken for done before the channel has heard of it."""

    async def close(self, account: ChannelAccount, trade: Trade) -> Outcome:
        return Succeeded()


class HastyConsumer(Consumer[Any]):
    """A batch that failed is not asked for again."""

    def _seek_back(self, *_: object) -> None:
        pass


class CarelessRelay(Relay):
    """What Kafka did not confirm is forgotten all the same."""

    def __init__(self, db: Database, producer: Producer) -> None:
        super().__init__(db, _Hopeful(producer))


class _Hopeful(Producer):
    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        await self._producer.attempt(messages)
        return [None for _ in messages]


class OptimisticDatabase(SimulatedDatabase):
    """A commit that got no answer is taken for done."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        with suppress(ConnectionLost):
            async with super().transaction() as tx:
                yield tx


async def attend_nothing(deps: Deps) -> int:
    """Nobody looks again."""
    return 0


def renumbering(**more: Any) -> Plugin[str]:
    """Each try of a refund has a number of its own."""
    usual = plugin(**more)

    def call(refunding: Refunding, account: str) -> Call:
        return usual.refund.call(replace(refunding, refund_no=new_id("refund")), account)

    return replace(usual, refund=replace(usual.refund, call=call))


def trusting(**more: Any) -> Plugin[str]:
    """A webhook's signature is not looked at."""
    usual = plugin(**more)

    def read(raw: RawNotification, account: str, moment: Moment) -> list[Notified]:
        signed = RawNotification({"account": account}, raw.body)
        return usual.notifications.read(signed, account, moment)

    return replace(usual, notifications=replace(usual.notifications, read=read))


@dataclass(frozen=True, slots=True)
class Broken:
    """What is broken, and what goes wrong so that it shows."""

    parts: Parts
    wrong: Faults


BROKEN: Final[dict[str, Broken]] = {
    "a timeout is a no": Broken(
        replace(REAL, executor=ImpatientExecutor), Faults(channel_answer_lost=0.9)
    ),
    "a close is not asked for": Broken(
        replace(REAL, executor=CarefreeExecutor), Faults(notification_late=0.5)
    ),
    "a failed batch is skipped": Broken(
        replace(REAL, consumer=HastyConsumer), Faults(commit_unknown=0.3)
    ),
    "an unconfirmed event is forgotten": Broken(
        replace(REAL, relay=CarelessRelay), Faults(not_published=0.3)
    ),
    "an unconfirmed commit is a commit": Broken(
        replace(REAL, database=OptimisticDatabase), Faults(commit_unknown=0.6)
    ),
    "nobody looks again": Broken(
        replace(REAL, poll_due=attend_nothing), Faults(channel_answer_lost=0.5)
    ),
    "each try of a refund has a new number": Broken(
        replace(REAL, plugin=renumbering), Faults(channel_answer_lost=0.5)
    ),
    "a forged webhook is believed": Broken(
        replace(REAL, plugin=trusting), Faults(notification_forged=1)
    ),
}
