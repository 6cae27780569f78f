"""Pages ask how a payment stands as often as payers tap; its channel is asked less often."""

from typing import Final

BETWEEN_S: Final = 3.0
MAX_REMEMBERED: Final = 10_000


class RecentChecks:
    """When each payment's channel was last asked by this replica."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def is_due(self, payment_no: str, now_s: float) -> bool:
        """Whether to ask now; then it counts as asked."""
        if now_s - self._at.get(payment_no, float("-inf")) < BETWEEN_S:
            return False
        self._at.pop(payment_no, None)
        self._at[payment_no] = now_s
        if len(self._at) > MAX_REMEMBERED:
            del self._at[next(iter(self._at))]
        return True
