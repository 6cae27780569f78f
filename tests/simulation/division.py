"""How a third party divides what it took (分账), and calls it back from the receivers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.chance import Chance


@dataclass(slots=True)
class CallBack:
    """One return of a receiver; decided when it was first asked for, and known from then on."""

    amount: int
    is_granted: bool
    known_at: datetime


@dataclass(slots=True)
class Part:
    """What one receiver gets. `is_given` was decided when the division was made."""

    account: str
    amount: int
    currency: str
    is_given: bool
    returns: dict[str, CallBack] = field(default_factory=dict)

    @property
    def given(self) -> int:
        return self.amount if self.is_given else 0

    @property
    def returned(self) -> int:
        return sum(each.amount for each in self.returns.values() if each.is_granted)

    @property
    def held(self) -> int:
        return self.given - self.returned


@dataclass(slots=True)
class Division:
    """A split, as the third party has it; until `known_at` it is at work."""

    split_no: str
    parts: list[Part]
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Divider:
    """The department that divides; `refuses` is the chance of each no."""

    dice: Chance
    clock: Callable[[], datetime]
    refuses: float
    slow: float

    def divide(
        self, divisions: dict[str, Division], requested: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Once by its number; a repeat tells how it stands."""
        if requested["split_no"] not in divisions:
            parts = [
                Part(
                    share["account"],
                    share["amount"],
                    share["currency"],
                    not self.dice.happens(self.refuses),
                )
                for share in requested["shares"]
            ]
            divisions[requested["split_no"]] = Division(
                requested["split_no"], parts, self._known_at()
            )
        return self.tell(divisions, requested["split_no"])

    def tell(self, divisions: Mapping[str, Division], split_no: str) -> dict[str, Any]:
        division = divisions.get(split_no)
        if division is None:
            return {"code": "not_found"}
        is_known = self.clock() >= division.known_at
        shares = [
            {
                "account": part.account,
                "amount": part.amount,
                "currency": part.currency,
                "status": _status(part, is_known),
            }
            for part in division.parts
        ]
        return {"code": "divided" if is_known else "dividing", "shares": shares}

    def return_split(self, divisions: Mapping[str, Division], requested: Mapping[str, Any]) -> str:
        """The code of the answer; once by its number."""
        division = divisions.get(requested["split_no"])
        parts = [] if division is None else division.parts
        part = next((each for each in parts if each.account == requested["account"]), None)
        if part is None:
            return "refused"
        if requested["return_no"] not in part.returns:
            is_granted = not self.dice.happens(self.refuses)
            part.returns[requested["return_no"]] = CallBack(
                requested["amount"], is_granted, self._known_at()
            )
        asked = part.returns[requested["return_no"]]
        if self.clock() < asked.known_at:
            return "processing"
        return "returned" if asked.is_granted else "refused"

    def _known_at(self) -> datetime:
        is_slow = self.dice.happens(self.slow)
        return self.clock() + timedelta(seconds=self.dice.between(1, 3000) if is_slow else 0)


def _status(part: Part, is_known: bool) -> str:
    if not is_known:
        return "processing"
    return "succeeded" if part.is_given else "failed"
