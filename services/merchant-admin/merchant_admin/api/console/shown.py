"""How values look to people."""

from dataclasses import dataclass
from datetime import datetime

from contracts.internal import EndpointView
from foundation.money_text import BEIJING, minor_units, moment, money, plain_amount, without_yuan

__all__ = [
    "BEIJING",
    "ShownState",
    "endpoint_state",
    "minor_units",
    "moment",
    "money",
    "plain_amount",
    "raw",
    "without_yuan",
]


@dataclass(frozen=True, slots=True)
class ShownState:
    """`badge`: its look; `words` and `why`: texts; `at`: since or until when."""

    badge: str
    words: str
    why: str | None = None
    at: datetime | None = None


def endpoint_state(item: EndpointView, late_before: datetime) -> ShownState:
    """How an address is; what is due at it since before `late_before` is late."""
    if item.suspended_at:
        why = f"endpoint.{item.suspended_for}"
        return ShownState("failed", "endpoint.suspended", why, item.suspended_at)
    if item.held_until:
        return ShownState("pending", "endpoint.held", at=item.held_until)
    if item.failing_since:
        return ShownState("failing", "endpoint.is_failing")
    if item.oldest_due_at and item.oldest_due_at < late_before:
        return ShownState("failing", "endpoint.behind")
    return ShownState("active", "endpoint.well")


def raw(value: bytes) -> str:
    """Bytes of unknown origin as one can read them; what is no text, or reorders it, is `�`."""
    text = value.decode(errors="replace")
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)
