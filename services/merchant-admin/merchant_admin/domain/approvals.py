"""Approvals (待复核): what one person asked for and another one has to agree to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from merchant_admin.domain.audit import Actor
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Right

EXPIRES_AFTER: Final = timedelta(days=7)

VERSION: Final = "version"
"""Of what it is asked for on: all that the release before wrote down and compares."""


class ApprovalKind(StrEnum):
    REFUND = "refund"
    DECISION = "decision"
    CREDENTIALS = "credentials"
    CALLBACK_ADDRESS = "callback_address"
    FOUR_EYES = "four_eyes"
    APP_ACCESS = "app_access"

    @property
    def right(self) -> Right:
        """What it takes to ask for it, and to agree to it."""
        match self:
            case ApprovalKind.REFUND:
                return Right.REFUND
            case ApprovalKind.DECISION:
                return Right.DECIDE
            case _:
                return Right.ADMINISTER


class ApprovalState(StrEnum):
    """`approved`: another service is asked to carry it out, until it has answered. `outdated`:
    what it was asked for on has changed."""

    WAITING = "waiting"
    APPROVED = "approved"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    OUTDATED = "outdated"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for. `request`: what is carried out, with sealed secrets only; `shown`:
    what people see of it; `seen`: what it is asked for on."""

    kind: ApprovalKind
    merchant_ids: tuple[str, ...]
    subject: str
    request: Mapping[str, Any] = field(repr=False)
    shown: Mapping[str, Any]
    seen: Mapping[str, Any]

    def is_as_seen(self, now: Mapping[str, Any]) -> bool:
        """`now`: the same of today. A version counts only where nothing else was written down:
        machines write one, too, when keys are rotated or an old secret ends."""
        bound = self.seen.keys() - {VERSION} or self.seen.keys()
        return all(self.seen[name] == now.get(name) for name in bound)


@dataclass(frozen=True, slots=True)
class Approval:
    """`behind`: who asked for it, themselves or by a token that they made: none of them agrees."""

    approval_id: str
    asked: Asked
    requested_by: str
    behind: tuple[str, ...]
    requested_ip: str
    requested_at: datetime
    expires_at: datetime
    state: ApprovalState
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    outcome: Mapping[str, Any] | None = None

    def is_waiting(self, now: datetime) -> bool:
        return self.state is ApprovalState.WAITING and self.expires_at > now

    @property
    def refund_amount(self) -> int:
        """What a refund that waits would give back."""
        amount: int = self.asked.request["amount"]
        return amount

    def shown_to(self, scope: Scope) -> "Approval":
        """As whoever has this scope may see it: and whether what is hidden of it changes."""
        if scope.is_all or self.asked.kind is not ApprovalKind.CALLBACK_ADDRESS:
            return self
        shown = dict(self.asked.shown)
        before, after = shown.get("before"), shown.get("after")
        if before and after:
            shown["query_changed"] = scope.hidden_of(before) != scope.hidden_of(after)
        for name, url in (("before", before), ("after", after)):
            shown[name] = url and scope.shown_address(url)
        return replace(self, asked=replace(self.asked, shown=shown))

    def requester(self, approver: Actor) -> Actor:
        """Whose call it is when it is carried out, within the request of whoever agreed."""
        return Actor(self.requested_by, self.requested_ip, approver.request_id)

    def recorded(self) -> dict[str, Any]:
        """As the audit shows it."""
        return {
            "kind": self.asked.kind.value,
            "subject": self.asked.subject,
            "requested_by": self.requested_by,
            "shown": dict(self.asked.shown),
        }


class AwaitsApproval(Exception):
    """It is written down and not done: a second person has to agree. No problem: 202. `secret`: one
    that was made for it, which is shown to whoever asked this once."""

    def __init__(self, approval: Approval, secret: str | None = None) -> None:
        super().__init__(approval.approval_id)
        self.approval = approval
        self.secret = secret
