"""What goes wrong on purpose: faults set by the control API, drawn at each application."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import uuid4

Operation = Literal[
    "pay",
    "query",
    "close",
    "refund",
    "query_refund",
    "split",
    "query_split",
    "bill",
    "notice",
    "login",
]
Kind = Literal[
    "delay",
    "drop_request",
    "drop_answer",
    "status_500",
    "system_error",
    "rate_limited",
    "tamper",
    "unknown_status",
    "wrong_amount",
    "duplicate",
    "early",
    "hold",
    "issuer_busy",
    "charged_late",
    "no_undo",
    "no_balance",
    "too_early",
    "not_there_yet",
    "probe",
    "unsigned",
]

DEFAULT_DELAY_S = 15.0  # longer than any caller waits

# Kinds that can only ever act on one operation.
ONLY_AT: dict[Kind, Operation] = {
    "duplicate": "notice",
    "early": "notice",
    "probe": "notice",
    "hold": "refund",
    "no_undo": "refund",
    "no_balance": "refund",
    "too_early": "split",
    "not_there_yet": "bill",
}
KINDS: frozenset[Kind] = frozenset(get_args(Kind))
EARLY: frozenset[Kind] = frozenset({"early"})
NOT_EARLY = KINDS - EARLY


@dataclass(slots=True)
class Fault:
    """One fault; `times` counts down, None means until cleared."""

    channel: str
    operation: str
    kind: Kind
    times: int | None = None
    probability: float = 1.0
    delay_s: float = DEFAULT_DELAY_S
    payment_no: str | None = None
    fault_id: str = field(default_factory=lambda: f"F{uuid4().hex[:12]}")

    def concerns(self, channel: str, operation: str, payment_no: str) -> bool:
        return (
            self.channel in ("*", channel)
            and self.operation in ("*", operation)
            and self.payment_no in (None, payment_no)
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """The faults that strike one call: `"tamper" in hit`."""

    kinds: frozenset[Kind] = frozenset()
    delay_s: float = 0.0

    def __contains__(self, kind: Kind) -> bool:
        return kind in self.kinds


UNHARMED = Hit()


class Faults:
    """The faults in force, in the order they were set."""

    def __init__(self) -> None:
        self._by_id: dict[str, Fault] = {}

    def add(self, fault: Fault) -> str:
        self._by_id[fault.fault_id] = fault
        return fault.fault_id

    def in_force(self) -> Iterable[Fault]:
        return self._by_id.values()

    def clear(self) -> None:
        self._by_id.clear()

    def remove(self, fault_id: str) -> bool:
        return self._by_id.pop(fault_id, None) is not None

    def draw(
        self, channel: str, operation: Operation, payment_no: str, among: frozenset[Kind] = KINDS
    ) -> Hit:
        """The faults that strike this call now; each one's `times` counts down."""
        if not self._by_id:
            return UNHARMED
        struck = [
            fault
            for fault in list(self._by_id.values())
            if fault.kind in among
            and ONLY_AT.get(fault.kind, operation) == operation
            and fault.concerns(channel, operation, payment_no)
            and random.random() < fault.probability
        ]
        for fault in struck:
            self._spend(fault)
        return Hit(
            frozenset(fault.kind for fault in struck),
            sum(fault.delay_s for fault in struck if fault.kind == "delay"),
        )

    def _spend(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._by_id.pop(fault.fault_id, None)


def swap_one_byte(text: bytes) -> bytes:
    """Change one byte so that the text still parses: the last digit, or else the last letter."""
    for position in range(len(text) - 1, -1, -1):
        byte = text[position : position + 1]
        if byte.isdigit():
            other = b"%d" % ((int(byte) + 1) % 10)
            return text[:position] + other + text[position + 1 :]
    return text[:-1] + bytes([text[-1] ^ 1]) if text else text
