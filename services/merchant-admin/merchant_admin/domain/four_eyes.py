"""What of a merchant waits for a second person (四眼原则)."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class FourEyes:
    """`refunds_from`: minor units, from which a refund that people ask for waits; None: none
    does. `credentials`: new ones of its channel accounts, and new accounts. `callback_addresses`:
    where the results of its payments are sent."""

    refunds_from: int | None = None
    credentials: bool = False
    callback_addresses: bool = False

    def wants_for_refund(self, amount: int) -> bool:
        return self.refunds_from is not None and amount >= self.refunds_from

    def is_weaker_than(self, before: "FourEyes") -> bool:
        """Whether something that waits today would not any more: that has to wait itself."""
        return (
            (before.refunds_from is not None and not self.wants_for_refund(before.refunds_from))
            or (before.credentials and not self.credentials)
            or (before.callback_addresses and not self.callback_addresses)
        )

    def recorded(self) -> dict[str, Any]:
        return {
            "refunds_from": self.refunds_from,
            "credentials": self.credentials,
            "callback_addresses": self.callback_addresses,
        }


NO_FOUR_EYES: Final = FourEyes()
