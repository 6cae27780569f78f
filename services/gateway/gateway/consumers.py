"""trade-core's commands, read from Kafka and carried out side by side.

A command is a hint with a lease: its offset is committed on receipt, and what exceeds the caps is
dropped, because trade-core asks again. So a channel that hangs delays nobody else's commands.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, assert_never

import structlog
from pydantic import JsonValue

from chassis import tracing
from chassis.broker import Broker
from chassis.consumer import Consumer, DeadRecord, Record
from contracts.events.alerts import Alert, Severity, record_unproven
from contracts.events.commands import AnyCommandRecord, ChannelCommand, FetchStatement
from contracts.topics import CHANNEL_COMMANDS
from foundation.record_proof import RecordProof, Unproven, is_unproven
from gateway.flows import command as flow
from gateway.flows.deps import Deps

log = structlog.get_logger()

MAX_RUNNING: Final = 512
MAX_RUNNING_PER_ACCOUNT: Final = 32
"""An eighth of what the executor allows an account: payments find a place beside commands."""

MAX_STATEMENTS_RUNNING: Final = 4
"""Each holds its rows in memory, 0.8 KiB each: a replica has room for one of the largest."""

CONFIGURED_LIMIT_S: Final = 5.0
"""A replica that has just begun knows no account yet; then what it is given is dropped after all,
well before its lease ends."""


class Commands:
    """Starts what arrives, within the caps."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._running = 0
        self._by_account: Tally[str] = Tally()
        self._statements_running = 0

    async def start(self, events: Sequence[AnyCommandRecord]) -> None:
        """Start a batch; returns at once where the configuration is known. For `Consumer`."""
        await self._until_configured()
        for event in events:
            match event.data:
                case ChannelCommand():
                    self._start(event, event.data)
                case FetchStatement():
                    self._start_statement(event, event.data)
                case _:
                    assert_never(event.data)

    async def dead_letter(self, records: Sequence[DeadRecord]) -> None:
        """Tell people of commands that cannot be read, or are forged; the others come again."""
        for dead in records:
            if is_unproven(dead):
                self._deps.alerts.tell(record_unproven("gateway", dead.record.topic, dead.error))
                continue
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

    async def _until_configured(self) -> None:
        deps = self._deps
        if deps.is_configured() and not deps.directory.is_empty:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(CONFIGURED_LIMIT_S):
                await deps.until_configured()
                await deps.directory.has_apps.wait()

    def _start(self, event: AnyCommandRecord, command: ChannelCommand) -> None:
        account_id = command.payment.payment_id
        if self._is_full(account_id):
            flow.COMMANDS.labels(command.command, "dropped").inc()
            return
        self._running += 1
        self._by_account[account_id] += 1
        task = self._deps.unbroken.start(_traced(event, flow.run(self._deps, command)))
        task.add_done_callback(partial(self._ended, account_id))

    def _start_statement(self, event: AnyCommandRecord, command: FetchStatement) -> None:
        """Channel statements have places of their own: payments never wait for one."""
        if self._statements_running >= MAX_STATEMENTS_RUNNING:
            flow.COMMANDS.labels(command.command, "dropped").inc()
            return
        self._statements_running += 1
        task = self._deps.unbroken.start(_traced(event, flow.fetch_statement(self._deps, command)))
        task.add_done_callback(self._statement_ended)

    def _is_full(self, account_id: str) -> bool:
        return (
            self._running >= MAX_RUNNING or self._by_account[account_id] >= MAX_RUNNING_PER_ACCOUNT
        )

    def _ended(self, account_id: str, _: asyncio.Task[None]) -> None:
        self._running -= 1
        self._by_account[account_id] -= 1

    def _statement_ended(self, _: asyncio.Task[None]) -> None:
        self._statements_running -= 1


async def _traced(event: AnyCommandRecord, work: Awaitable[None]) -> None:
    with tracing.hop(f"command {event.type}", event.traceparent, subject=event.subject):
        await work


def command_consumer(
    deps: Deps,
    proof: RecordProof,
    *,
    bootstrap: Broker | str,
    group: str,
    member_id: str | None,
    session_timeout_ms: int,
    fetch_wait_ms: int,
) -> Consumer[AnyCommandRecord]:
    """This replica's member of the group."""
    commands = Commands(deps)
    return Consumer(
        bootstrap=bootstrap,
        group=group,
        topics=[CHANNEL_COMMANDS],
        decode=partial(decode, proof),
        apply=commands.start,
        dead_letter=commands.dead_letter,
        healthy=_always,
        hopeless=(Unproven,),
        member_id=member_id,
        session_timeout_ms=session_timeout_ms,
        fetch_wait_ms=fetch_wait_ms,
    )


def decode(proof: RecordProof, record: Record) -> AnyCommandRecord:
    """Raises Unproven for a command that trade-core did not give."""
    proof.check(record)
    return AnyCommandRecord.model_validate_json(record.value)


async def _always() -> bool:
    return True
