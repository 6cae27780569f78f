"""What waits for people (待处理): counted no further than anybody counts."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Final

from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Role

MOST: Final = 99
BELIEVED_S: Final = 5.0
CHANGES_WITHIN_S: Final = 5.0
"""After a form: what people see of an order follows by events."""

MAX_VIEWERS: Final = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """None: not known, because the service that knows does not answer, or not for these people."""

    conflicts: int | None = None
    stuck_refunds: int | None = None
    stranded_payments: int | None = None
    unknown_payments: int | None = None
    exhausted_callbacks: int | None = None
    expiring_certificates: int | None = None
    approvals: int | None = None
    open_alerts: int | None = None
    suspended_endpoints: int | None = None
    differences: int | None = None
    missing_statements: int | None = None
    dead_letters: int | None = None

    def shown(self, name: str) -> str:
        """`3`, `99+`; empty for nothing or not known."""
        count = getattr(self, name)
        return "" if not count else f"{MOST}+" if count > MOST else str(count)

    @property
    def total(self) -> int:
        return sum(getattr(self, each.name) or 0 for each in fields(self))


PLACES: Final = {
    "conflicts": "/console/payments?state=conflicted",
    "stuck_refunds": "/console/refunds?state=abnormal",
    "stranded_payments": "/console/payments?stranded=true",
    "unknown_payments": "/console/payments?state=unknown",
    "exhausted_callbacks": "/console/deliveries?state=exhausted",
    "suspended_endpoints": "/console/endpoints?suspended=true",
    "differences": "/console/reconciliations?state=differs",
    "missing_statements": "/console/reconciliations/uploads",
    "dead_letters": "/console/dead-letters",
    "open_alerts": "/console/alerts?state=open",
    "expiring_certificates": "/console/certificates",
    "approvals": "/console/approvals",
}
"""Where it is attended to."""

BADGES: Final = {
    "payments": ("conflicts", "stranded_payments", "unknown_payments"),
    "refunds": ("stuck_refunds",),
    "deliveries": ("exhausted_callbacks",),
    "endpoints": ("suspended_endpoints",),
    "reconciliations": ("differences", "missing_statements"),
    "dead-letters": ("dead_letters",),
    "alerts": ("open_alerts",),
    "certificates": ("expiring_certificates",),
    "approvals": ("approvals",),
}
"""By page of the navigation."""


def badges(waiting: Waiting) -> dict[str, str]:
    """What stands beside the pages of the navigation."""
    shown = {}
    for page, names in BADGES.items():
        count = sum(getattr(waiting, name) or 0 for name in names)
        if count:
            shown[page] = f"{MOST}+" if count > MOST else str(count)
    return shown


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sees the same numbers."""

    scope: Scope
    role: Role


@dataclass(slots=True)
class Counted:
    """By whoever looks what was counted last, and until when that is believed; by whoever acted,
    until when nothing is."""

    known: dict[Viewer, tuple[float, Waiting]] = field(default_factory=dict)
    acted: dict[Viewer, tuple[float, Collection[str]]] = field(default_factory=dict)

    def find(self, viewer: Viewer) -> Waiting | None:
        until, waiting = self.known.get(viewer, (0.0, None))
        return waiting if until > time.monotonic() and not self.is_changing(viewer) else None

    def latest(self, viewer: Viewer) -> Waiting:
        """Also what is not believed any more."""
        return self.known.get(viewer, (0.0, Waiting()))[1]

    def put(self, viewer: Viewer, waiting: Waiting) -> Waiting:
        if len(self.known) >= MAX_VIEWERS:
            self.known.clear()
        self.known[viewer] = (time.monotonic() + BELIEVED_S, waiting)
        return waiting

    def expect(self, viewer: Viewer, names: Collection[str]) -> None:
        """Somebody acts, by which these change, in a moment or a little later."""
        if len(self.acted) >= MAX_VIEWERS:
            self.acted.clear()
        self.acted[viewer] = (time.monotonic() + CHANGES_WITHIN_S, names)

    def is_changing(self, viewer: Viewer) -> bool:
        return self.acted.get(viewer, (0.0, ()))[0] > time.monotonic()

    def changing(self, viewer: Viewer) -> Collection[str]:
        return self.acted[viewer][1] if self.is_changing(viewer) else ()
