"""What of a merchant waits for a second person (四眼原则)."""

from dataclasses import dataclass
from typing import Any, Final

LIMIT_CURRENCY: Final = "CNY"


def reaches(limit: int, amount: int, currency: str) -> bool:
    """Whether a refund is large by a limit in fen. What is in another currency always is: its minor
    units are worth something else, and what, no table here knows."""
    return currency != LIMIT_CURRENCY or amount >= limit


@dataclass(frozen=True, slots=True)
class FourEyes:
    """`refunds_from`: in fen, from which a refund that people ask for waits, and every refund in
    another currency with it; None: none does. `credentials`: new ones of its channel accounts, and
    new accounts. `callback_addresses`: where the results of its payments are sent."""

    refunds_from: int | None = None
    credentials: bool = False
    callback_addresses: bool = False

    def wants_for_refund(self, amount: int, currency: str) -> bool:
        return self.refunds_from is not None and reaches(self.refunds_from, amount, currency)

    def is_weaker_than(self, before: "FourEyes") -> bool:
        """Whether something that waits today would not any more: that has to wait itself."""
        return (
            self._lets_more_refunds_pass(before)
            or (before.credentials and not self.credentials)
            or (before.callback_addresses and not self.callback_addresses)
        )

    def _lets_more_refunds_pass(self, before: "FourEyes") -> bool:
        limit = before.refunds_from
        return limit is not None and not self.wants_for_refund(limit, LIMIT_CURRENCY)

    def recorded(self) -> dict[str, Any]:
        return {
            "refunds_from": self.refunds_from,
            "credentials": self.credentials,
            "callback_addresses": self.callback_addresses,
        }


NO_FOUR_EYES: Final = FourEyes()
