"""trade-core's commands, read from Kafka and carried out side by side.

A command is a hint with a lease: its offset is committed on receipt, and what exceeds the caps is
dropped, because trade-core asks again. So a channel that hangs delays nobody else's commands.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog
from pydantic import JsonValue

from chassis import logs
from chassis.consumer import Consumer, DeadRecord, Record
from contracts.events.alerts import Alert, Severity
from contracts.events.commands import ChannelCommandRecord
from contracts.topics import CHANNEL_COMMANDS
from gateway.deps import Deps
from gateway.flows import command as flow

log = structlog.get_logger()

MAX_RUNNING: Final = 512
MAX_RUNNING_PER_ACCOUNT: Final = 32
"""Half of what the executor allows an account: payments always find a place beside commands."""


class Commands:
    """Starts what arrives, within the caps."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._running = 0
        self._by_account: Tally[str] = Tally()

    async def start(self, events: Sequence[ChannelCommandRecord]) -> None:
        """Start a batch; returns at once. For `Consumer`."""
        for event in events:
            payment_id = event.data.payment.payment_id
            if self._is_full(payment_id):
                flow.COMMANDS.labels(event.data.command, "dropped").inc()
                continue
            self._running += 1
            self._by_account[payment_id] += 1
            task = self._deps.unbroken.start(self._run(event))
            task.add_done_callback(partial(self._ended, payment_id))

    async def park(self, records: Sequence[DeadRecord]) -> None:
        """Tell people of commands that cannot be read; trade-core sends the readable ones again."""
        for dead in records:
            facts: dict[str, JsonValue] = {
                "partition": dead.record.partition, "offset": dead.record.offset
            }  # fmt: skip
            self._deps.alerts.tell(
                Alert(
                    key="command:unreadable",
                    severity=Severity.WARNING,
                    title="A channel command cannot be read",
                    detail=dead.error,
                    facts=facts,
                )
            )

    def _is_full(self, payment_id: str) -> bool:
        return (
            self._running >= MAX_RUNNING or self._by_account[payment_id] >= MAX_RUNNING_PER_ACCOUNT
        )

    async def _run(self, event: ChannelCommandRecord) -> None:
        logs.traceparent.set(event.traceparent or "")
        await flow.run(self._deps, event.data)

    def _ended(self, payment_id: str, _: asyncio.Task[None]) -> None:
        self._running -= 1
        self._by_account[payment_id] -= 1


def command_consumer(
    deps: Deps,
    *,
    bootstrap: str,
    group: str,
    member_id: str | None,
    session_timeout_ms: int,
    fetch_wait_ms: int,
) -> Consumer[ChannelCommandRecord]:
    """This replica's member of the group."""
    commands = Commands(deps)
    return Consumer(
        bootstrap=bootstrap,
        group=group,
        topics=[CHANNEL_COMMANDS],
        decode=_decode,
        apply=commands.start,
        park=commands.park,
        healthy=_always,
        member_id=member_id,
        session_timeout_ms=session_timeout_ms,
        fetch_wait_ms=fetch_wait_ms,
    )


def _decode(record: Record) -> ChannelCommandRecord:
    return ChannelCommandRecord.model_validate_json(record.value)


async def _always() -> bool:
    return True
