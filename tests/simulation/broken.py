"""Centres with one fault in their making. Each must be found out, or the simulation is blind."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Final

from tests.simulation.bus import Member
from tests.simulation.database import ConnectionLost, SimulatedDatabase
from tests.simulation.parts import REAL, Parts
from tests.simulation.plugin import plugin

from chassis.consumer import Record
from chassis.database import Database, Tx
from chassis.outbox import Relay
from chassis.producer import Message, NotPublished, Producer
from contracts.identifiers import new_id
from gateway.channels.executor import Executor
from gateway.channels.plugin import (
    Call,
    Declined,
    Moment,
    Noticed,
    Outcome,
    PayOrder,
    Plugin,
    RawNotice,
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


class CredulousExecutor(Executor):
    """A close that was refused is taken for done."""

    async def close(self, account: ChannelAccount, trade: Trade) -> Outcome:
        await super().close(account, trade)
        return Succeeded()


class HastyMember(Member):
    """A batch that failed is not asked for again."""

    async def _is_applied(self, batch: Sequence[Record]) -> bool:
        await super()._is_applied(batch)
        return True


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

    def read(raw: RawNotice, account: str, moment: Moment) -> list[Noticed]:
        signed = RawNotice({"account": account}, raw.body)
        return usual.notices.read(signed, account, moment)

    return replace(usual, notices=replace(usual.notices, read=read))


BROKEN: Final[dict[str, Parts]] = {
    "a timeout is a no": replace(REAL, executor=ImpatientExecutor),
    "a refused close is a close": replace(REAL, executor=CredulousExecutor),
    "a failed batch is skipped": replace(REAL, member=HastyMember),
    "an unconfirmed event is forgotten": replace(REAL, relay=CarelessRelay),
    "an unconfirmed commit is a commit": replace(REAL, database=OptimisticDatabase),
    "nobody looks again": replace(REAL, attend_due=attend_nothing),
    "each try of a refund has a new number": replace(REAL, plugin=renumbering),
    "a forged webhook is believed": replace(REAL, plugin=trusting),
}
