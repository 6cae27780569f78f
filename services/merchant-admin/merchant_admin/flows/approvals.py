"""What waits for a second person: read, agreed to and carried out, rejected, forgotten.

Configuration changes in the very transaction that approves it. A refund is approved first and sent
then, under its own number: whatever happens in between, it is one refund, and it is sent. So is a
decision, which said twice is one.
"""

from datetime import datetime, timedelta
from typing import Final, assert_never

import structlog

from chassis import logs, outbox
from chassis.database import Tx
from chassis.problems import Problem
from contracts.events.alerts import Alert, Severity
from contracts.events.configuration import SOURCE
from foundation.alerting import event as alert_event
from merchant_admin.domain.approvals import Approval, ApprovalKind, ApprovalState
from merchant_admin.domain.audit import SYSTEM, Actor
from merchant_admin.domain.errors import (
    AlreadyDecided,
    ChangedMeanwhile,
    Forbidden,
    SamePerson,
)
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.domain.users import Role
from merchant_admin.flows import app_access, apps, channel_accounts, decisions, merchants, refunds
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import approvals as store
from merchant_admin.store.audit import find_who_gave_access

log = structlog.get_logger()

UNFINISHED_AFTER: Final = timedelta(minutes=1)
"""Since it was approved: longer than any call of ours takes."""

UNFINISHED_AT_ONCE: Final = 20

SENT: Final = frozenset({ApprovalKind.REFUND, ApprovalKind.DECISION})
"""What trade-core carries out; it looks itself whether a decision is about what was seen."""

BY_ANOTHER: Final = "decided by somebody else"

NEW_ACCESS: Final = timedelta(days=7)
"""Whoever asks for something that waits that long could have let somebody in for it."""


async def read(deps: Deps, approval_id: str, scope: Scope) -> Approval:
    """Raises NoSuch."""
    async with deps.db.connection() as tx:
        found = await store.get_approval(tx, approval_id, scope)
    return found.shown_to(scope)


async def read_page(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[Approval]:
    """The newest first."""
    async with deps.db.connection() as tx:
        found = await store.list_approvals(tx, asked, after=after, limit=limit)
    return [approval.shown_to(asked.scope) for approval in found]


async def approve(
    deps: Deps, actor: Actor, role: Role, scope: Scope, approval_id: str, reason: str | None
) -> Approval:
    """Agree, and have it carried out.

    Raises NoSuch, Forbidden, SamePerson, AlreadyDecided, and ChangedMeanwhile where what it was
    asked for on is another now: then it is outdated.
    """
    approval = await _read_waiting(deps, role, scope, approval_id)
    if actor.username in approval.behind:
        raise SamePerson
    if approval.asked.kind in SENT:
        return await _approve_and_send(deps, actor, approval, reason)
    async with deps.db.transaction() as tx:
        # First, as whoever rejects it does: nobody does any of it twice, or waits in a circle.
        locked = await store.find_waiting_locked(tx, approval_id, deps.clock())
        if locked is None:
            raise AlreadyDecided(BY_ANOTHER)
        # What was read before may be sealed to a key that is taken away next.
        approval = locked.shown_to(scope)
        is_done = await _change(deps, tx, approval.requester(actor), approval)
        state = ApprovalState.DONE if is_done else ApprovalState.OUTDATED
        decided = await _decide(deps, tx, actor, approval, state, reason)
    deps.wake()
    if not is_done:
        raise ChangedMeanwhile
    return decided


async def reject(
    deps: Deps, actor: Actor, role: Role, scope: Scope, approval_id: str, reason: str
) -> Approval:
    """It is not done; whoever asked for it may withdraw it so. Raises as `approve` does."""
    approval = await _read_waiting(deps, role, scope, approval_id)
    async with deps.db.transaction() as tx:
        return await _decide(deps, tx, actor, approval, ApprovalState.REJECTED, reason)


async def finish_approved(deps: Deps) -> None:
    """Send again what was approved and of which nobody has heard what came; end what waited too
    long."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        for expired in await store.expire(tx, now):
            await record_action(
                tx, SYSTEM, "approval.expired", at=now, entity_id=expired.approval_id,
                after=expired.recorded(),
            )  # fmt: skip
        left = await store.list_unfinished(
            tx, decided_before=now - UNFINISHED_AFTER, limit=UNFINISHED_AT_ONCE
        )
    for approval in left:
        await _send(deps, SYSTEM, approval)


async def _read_waiting(deps: Deps, role: Role, scope: Scope, approval_id: str) -> Approval:
    approval = await read(deps, approval_id, scope)
    right = approval.asked.kind.right
    if not role.may(right):
        raise Forbidden(role, right)
    if not approval.is_waiting(deps.clock()):
        is_late = approval.state is ApprovalState.WAITING
        raise AlreadyDecided(ApprovalState.EXPIRED if is_late else approval.state)
    return approval


async def _decide(
    deps: Deps,
    tx: Tx,
    actor: Actor,
    approval: Approval,
    state: ApprovalState,
    reason: str | None,
) -> Approval:
    """Raises AlreadyDecided where somebody was faster."""
    now = deps.clock()
    decided = await store.decide(
        tx, approval.approval_id, state, by=actor.username, at=now, reason=reason
    )
    if decided is None:
        raise AlreadyDecided(BY_ANOTHER)
    is_agreed = state in (ApprovalState.DONE, ApprovalState.APPROVED)
    if is_agreed:
        await _tell_of_one_hand(tx, actor, approval, now)
    await record_action(
        tx, actor, f"approval.{'approved' if is_agreed else state.value}", at=now,
        entity_id=approval.approval_id,
        after={**approval.recorded(), "decided_by": actor.username, "reason": reason},
    )  # fmt: skip
    return decided


async def _tell_of_one_hand(tx: Tx, actor: Actor, approval: Approval, now: datetime) -> None:
    """Nothing proves that two accounts are two people, so people hear of it where whoever asked
    let the account that agrees in, or could have: they know a password that they set."""
    giver = await find_who_gave_access(tx, actor.username, approval.behind, now - NEW_ACCESS)
    if giver is None:
        return
    merchant_ids = approval.asked.merchant_ids
    alert = Alert(
        key=f"approval.one_hand:{approval.approval_id}",
        severity=Severity.WARNING,
        title="Who asked had given access to the account that agreed",
        detail=(
            f"{approval.requested_by} asked, {actor.username} agreed; {giver} made, invited or"
            f" reset {actor.username} within the last {NEW_ACCESS.days} days."
        ),
        merchant_id=merchant_ids[0] if len(merchant_ids) == 1 else None,
        facts={
            "approval_id": approval.approval_id,
            "kind": approval.asked.kind.value,
            "subject": approval.asked.subject,
            "requested_by": approval.requested_by,
            "decided_by": actor.username,
        },
    )
    asked_in = logs.traceparent.get() or None
    await outbox.put(tx, [alert_event(alert, source=SOURCE, at=now, traceparent=asked_in)])


async def _change(deps: Deps, tx: Tx, actor: Actor, approval: Approval) -> bool:
    """Whether it could be done: what it was asked for on is still the same."""
    asked = approval.asked
    match asked.kind:
        case ApprovalKind.CREDENTIALS:
            return await channel_accounts.change_approved(deps, tx, actor, asked)
        case ApprovalKind.CALLBACK_ADDRESS:
            return await apps.change_approved(deps, tx, actor, asked)
        case ApprovalKind.FOUR_EYES:
            return await merchants.change_approved(deps, tx, actor, asked)
        case ApprovalKind.APP_ACCESS:
            return await app_access.change_approved(deps, tx, actor, asked)
        case ApprovalKind.REFUND | ApprovalKind.DECISION:
            raise ValueError("it is no change of ours")
        case _:
            assert_never(asked.kind)


async def _approve_and_send(
    deps: Deps, actor: Actor, approval: Approval, reason: str | None
) -> Approval:
    is_refund = approval.asked.kind is ApprovalKind.REFUND
    is_same = not is_refund or await refunds.is_as_seen(deps, approval.asked)
    state = ApprovalState.APPROVED if is_same else ApprovalState.OUTDATED
    async with deps.db.transaction() as tx:
        decided = await _decide(deps, tx, actor, approval, state, reason)
    deps.wake()
    if not is_same:
        raise ChangedMeanwhile
    return await _send(deps, actor, decided)


async def _send(deps: Deps, actor: Actor, approval: Approval) -> Approval:
    """What came of it; as it is where trade-core does not answer: then it is sent again."""
    requester = approval.requester(actor)
    try:
        if approval.asked.kind is ApprovalKind.REFUND:
            opened = await refunds.send(deps, requester, refunds.request_of(approval.asked))
            outcome = {"refund_no": opened.refund.refund_no}
        else:
            outcome = {"status": await decisions.send_approved(deps, requester, approval.asked)}
        state = ApprovalState.DONE
    except Problem as problem:
        if problem.status >= 500:
            log.warning("approval.unfinished", approval_id=approval.approval_id)
            return approval
        state, outcome = ApprovalState.FAILED, {"code": problem.code, "detail": problem.detail}
    async with deps.db.transaction() as tx:
        finished = await store.finish(tx, approval.approval_id, state, outcome)
        if finished is None:
            return await store.get_approval(tx, approval.approval_id, EVERYTHING)
        await record_action(
            tx, actor, f"approval.{state.value}", at=deps.clock(),
            entity_id=approval.approval_id, after={**approval.recorded(), **outcome},
        )  # fmt: skip
    return finished
