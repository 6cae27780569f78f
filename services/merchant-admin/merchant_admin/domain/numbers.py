"""What people type or paste to find something, and what it may be the number of."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MIN_PREFIX: Final = 8
"""Fewer characters fit too much to be worth looking at."""

ID_CHARS: Final = 27
_OUR_START: Final = re.compile(r"[EPRS]0[0-9A-Z]*", re.ASCII)


class Found(StrEnum):
    """What a number was found to be of."""

    ORDER = "order"
    PAYMENT = "payment"
    REFUND = "refund"
    SPLIT = "split"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Typed:
    """A number or its beginning: as typed, for the numbers of apps and channels (in any case), and
    as one of ours, None where it cannot be one."""

    text: str

    @classmethod
    def of(cls, text: str) -> "Typed | None":
        """None for nothing at all."""
        stripped = "".join(text.replace("\0", "").split())[:128]
        return cls(stripped) if stripped else None

    @property
    def is_prefix_enough(self) -> bool:
        return len(self.text) >= MIN_PREFIX

    @property
    def lowered(self) -> str:
        return self.text.lower()

    @property
    def cases(self) -> list[str]:
        """As it may be written where only the whole can be looked up."""
        return sorted({self.text, self.text.upper(), self.lowered})

    @property
    def pattern(self) -> str:
        """For `like`: what begins so, or is so where it is short."""
        escaped = re.sub(r"([\\%_])", r"\\\1", self.lowered)
        return f"{escaped}%" if self.is_prefix_enough else escaped

    @property
    def first_id(self) -> str | None:
        """The lowest of our numbers that begins so."""
        upper = self.text.upper()
        if not self.is_prefix_enough or len(upper) > ID_CHARS or not _OUR_START.fullmatch(upper):
            return None
        return upper.ljust(ID_CHARS, "0")

    @property
    def last_id(self) -> str | None:
        return None if self.first_id is None else self.text.upper().ljust(ID_CHARS, "Z")


@dataclass(frozen=True, slots=True)
class Hit:
    """`number` is what was found, `shown` by which of its numbers, `is_whole` where that is just
    what was typed."""

    kind: Found
    number: str
    shown: str
    order_id: str
    is_whole: bool
    subject: str
    amount: int
    currency: str
    status: str


def only_hit(hits: list[Hit]) -> Hit | None:
    """The one to go to at once: what was typed whole, where that is one thing only."""
    whole = [hit for hit in hits if hit.is_whole]
    return whole[0] if len({(hit.kind, hit.number, hit.order_id) for hit in whole}) == 1 else None
