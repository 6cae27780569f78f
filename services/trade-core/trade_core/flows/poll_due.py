"""What is not final is looked at again: channels are asked, and what nobody can pay any more ends.

Commands are hints: the due row is the truth, and it is moved on before they leave. A command that
is lost or dropped is sent again when the row is due again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog

from chassis import tracing
from chassis.database import Tx
from chassis.producer import Message
from contracts.events.alerts import Alert
from contracts.identifiers import PREFIX
from trade_core.domain import alerts, closing
from trade_core.domain.due import (
    Ask,
    End,
    NextCheck,
    Rest,
    Step,
    has_others,
    payment_step,
    refund_step,
    split_step,
)
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split
from trade_core.flows import channel_commands
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_or_blame
from trade_core.store import aggregates, due, outgoing, reading, saving, splits, traces
from trade_core.store.concurrency import ConcurrentChange
from trade_core.store.due import Lease

log = structlog.get_logger()

BATCH: Final = 100

LEASE: Final = timedelta(seconds=30)
"""How long a leased row is nobody else's; longer than a round takes."""

UNSENT_PAUSE: Final = timedelta(seconds=5)
"""When a command that Kafka did not take is tried again."""


STUBBORN_PAUSE: Final = timedelta(minutes=4)
"""When what could not be written is tried again. It ends the loop, which begins anew in a second
where that is rare; the alert of crashed loops looks at five minutes."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A leased row, what it is about (None: the payment itself), and what is to be done."""

    lease: Lease
    order: Order
    payment: Payment
    about: Refund | Split | None
    step: Step


async def poll_due(deps: Deps) -> int:
    """Attend to one batch of due rows; answers how many there were.

    Several replicas may do this at once: a row is leased by one of them. Raises ConcurrentChange,
    when everything else is done and that one is put off, where one cannot be written.
    """
    async with deps.db.connection() as tx:
        now, leases = await due.take(tx, lease=LEASE, limit=BATCH)
        if not leases:
            return 0
        cases = await _read(tx, leases, now)
    async with deps.db.transaction() as tx:
        await due.settle(tx, leases, _next_checks(cases))
        await outgoing.tell_people(tx, _alerts_of(cases), now)
    unwritten = await _end_expired(deps, cases)
    await _send(deps, cases, now)
    if unwritten:
        put_off_until = now + STUBBORN_PAUSE
        later = {each.subject: NextCheck(put_off_until, each.attempt) for each in leases}
        async with deps.db.connection() as tx:
            await due.settle(tx, [each for each in leases if each.subject in unwritten], later)
        raise next(iter(unwritten.values()))
    return len(leases)


async def next_due_s(deps: Deps) -> float:
    """In how many seconds there may be something to attend to; infinite where nothing waits."""
    async with deps.db.connection() as tx:
        seconds = await due.next_s(tx)
    return math.inf if seconds is None else max(0.0, seconds)


async def _read(tx: Tx, leases: Sequence[Lease], now: datetime) -> list[_Case]:
    subjects = [lease.subject for lease in leases]
    refund_nos = [number for number in subjects if number.startswith(PREFIX["refund"])]
    split_nos = [number for number in subjects if number.startswith(PREFIX["split"])]
    about: dict[str, Refund | Split] = {
        **(await reading.refunds(tx, refund_nos) if refund_nos else {}),
        **(await splits.by_numbers(tx, split_nos) if split_nos else {}),
    }
    payment_nos = {about[each].payment_no if each in about else each for each in subjects}
    payments = await reading.payments(tx, list(payment_nos))
    orders = await reading.orders(tx, list({p.order_id for p in payments.values()}))
    cases = []
    for lease in leases:
        one = about.get(lease.subject)
        payment = payments[lease.subject if one is None else one.payment_no]
        order = orders[payment.order_id]
        step = _step(order, payment, one, attempt=lease.attempt, now=now)
        cases.append(_Case(lease, order, payment, one, step))
    return cases


def _step(
    order: Order, payment: Payment, about: Refund | Split | None, *, attempt: int, now: datetime
) -> Step:
    match about:
        case None:
            return payment_step(order, payment, attempt=attempt, now=now)
        case Refund():
            return refund_step(about, attempt=attempt, now=now)
        case Split():
            return split_step(about, attempt=attempt, now=now)
        case _:
            assert_never(about)


def _next_checks(cases: Sequence[_Case]) -> dict[str, NextCheck | None]:
    """What ends keeps its lease until it has ended."""
    next_checks: dict[str, NextCheck | None] = {}
    for case in cases:
        match case.step:
            case Ask(next_check=next_check) | Rest(next_check=next_check):
                next_checks[case.lease.subject] = next_check
            case End():
                pass
            case _:
                assert_never(case.step)
    return next_checks


def _alerts_of(cases: Sequence[_Case]) -> list[Alert]:
    return [
        alerts.still_unclear(case.order, case.payment, case.about)
        for case in cases
        if isinstance(case.step, Ask) and case.step.is_overdue
    ]


async def _end_expired(deps: Deps, cases: Sequence[_Case]) -> Mapping[str, ConcurrentChange]:
    """All at once, or else each by itself: one that can never be written holds up no other. Answers
    which could not be, and why."""
    ending = [case.payment.payment_no for case in cases if isinstance(case.step, End)]
    if not ending or await _try_to_end(deps, ending) is None:
        return {}
    tried = [(payment_no, await _try_to_end(deps, [payment_no])) for payment_no in ending]
    return {payment_no: change for payment_no, change in tried if change is not None}


async def _try_to_end(deps: Deps, payment_nos: Sequence[str]) -> ConcurrentChange | None:
    try:
        await _end(deps, payment_nos)
    except ConcurrentChange as change:
        return change
    return None


@retry_or_blame
async def _end(deps: Deps, payment_nos: Sequence[str]) -> None:
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, payment_nos)
        for aggregate in {each.order.order_id: each for each in opened.values()}.values():
            closing.end_expired(aggregate)
        await saving.save(tx, opened.values())
    committed(deps, opened.values())


async def _send(deps: Deps, cases: Sequence[_Case], now: datetime) -> None:
    asked = [(case, case.step) for case in cases if isinstance(case.step, Ask)]
    if not asked:
        return
    begun = await _traces(deps, asked)
    sent = await deps.send([_message(case, step, now, begun) for case, step in asked])
    unsent = [ask for ask, was_sent in zip(asked, sent, strict=True) if not was_sent]
    log.info("due.attended", commands=len(asked), unsent=len(unsent))
    if not unsent:
        return
    # The rows were moved on already: they are still ours as long as they are due when we said.
    ours = [Lease(c.lease.subject, c.lease.attempt, step.next_check.due_at) for c, step in unsent]
    soon = deps.clock() + UNSENT_PAUSE
    async with deps.db.connection() as tx:
        await due.settle(
            tx, ours, {lease.subject: NextCheck(soon, lease.attempt) for lease in ours}
        )


async def _traces(deps: Deps, asked: Sequence[tuple[_Case, Ask]]) -> Mapping[str, str]:
    if not tracing.is_on():
        return {}
    async with deps.db.connection() as tx:
        return await traces.find(tx, [case.lease.subject for case, _ in asked])


def _message(case: _Case, step: Ask, now: datetime, begun: Mapping[str, str]) -> Message:
    command = channel_commands.command(
        step.command,
        case.order,
        case.payment,
        case.about,
        lease_until=step.next_check.due_at,
        has_others=_has_others(case),
    )
    subject = case.lease.subject
    return channel_commands.message(command, subject, now, begun.get(subject))


def _has_others(case: _Case) -> bool:
    refund, attempt = case.about, case.lease.attempt
    return isinstance(refund, Refund) and has_others(refund, case.payment, attempt=attempt)
