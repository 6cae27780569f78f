"""Writing down what waits for a second person."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.database import Tx
from chassis.problems import FieldError
from contracts.identifiers import new_id
from merchant_admin.domain.approvals import EXPIRES_AFTER, Approval, ApprovalState, Asked
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import AlreadyWaits, Unusable
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store.approvals import add_approval, find_waiting

_APART: Final = "must be sent apart from what waits for a second person"
_APART_ZH: Final = "须与需要复核的修改分开提交"


async def ask(deps: Deps, tx: Tx, actor: Actor, asked: Asked) -> Approval:
    """The caller commits, and raises AwaitsApproval."""
    now = deps.clock()
    approval = Approval(
        approval_id=new_id("approval"),
        asked=asked,
        requested_by=actor.username,
        behind=tuple(dict.fromkeys((actor.username, *actor.behind))),
        requested_ip=actor.ip,
        requested_at=now,
        expires_at=now + EXPIRES_AFTER,
        state=ApprovalState.WAITING,
    )
    await add_approval(tx, approval)
    await record_action(
        tx, actor, "approval.requested", at=now, entity_id=approval.approval_id,
        after=approval.recorded(),
    )  # fmt: skip
    return approval


async def ask_once(deps: Deps, tx: Tx, actor: Actor, asked: Asked) -> Approval:
    """As `ask`, one at a time: agreed to later, a second one would undo what was done since. The
    one that waits where it is the same; raises AlreadyWaits where it is another."""
    waiting = await find_waiting(tx, asked, deps.clock())
    if waiting is None:
        return await ask(deps, tx, actor, asked)
    # A key that is new and one that was disabled are enabled alike.
    if {**waiting.asked.request, "access": None} != {**asked.request, "access": None}:
        raise AlreadyWaits(waiting.approval_id)
    return waiting


def differing(was: object, changes: Mapping[str, Any]) -> set[str]:
    """The names of what would change: a page sends its whole form, with what is so already."""
    return {name for name, value in changes.items() if getattr(was, name) != value}


def require_alone(given: set[str], waiting: set[str]) -> None:
    """What waits for a second person is asked for by itself. Raises Unusable for the rest."""
    faults = [FieldError(f"/{name}", _APART, _APART_ZH) for name in sorted(given - waiting)]
    if faults:
        raise Unusable(*faults)
