"""Strangers make orders at payment links: how often each may."""

from collections.abc import Callable
from typing import Final

from cashier.domain.allowance import Allowances
from chassis.problems import Problem
from contracts.codes import CODES, Code

PER_S: Final = 1 / 3
"""One order in three seconds, of a browser and of an address."""

ADDRESS_BURST: Final = 10
"""Many payers may stand behind one address, as with all phones of a carrier."""

POINT_PER_S: Final = 10.0
POINT_BURST: Final = 50


class TooManyOrders(Problem):
    """Strangers make orders here: of one browser, of one address, at one link too fast."""

    code = Code.RATE_LIMITED
    status = CODES[Code.RATE_LIMITED].status
    title = CODES[Code.RATE_LIMITED].title
    retryable = True

    def __init__(self) -> None:
        super().__init__("Payments are begun too fast here.", retry_after_s=3)


class Beginnings:
    """Who may begin how often, in this replica. `clock` answers seconds that only rise."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._browsers = Allowances(PER_S, 1, clock)
        self._addresses = Allowances(PER_S, ADDRESS_BURST, clock)
        self._points = Allowances(POINT_PER_S, POINT_BURST, clock)

    def take(self, point_id: str, *, browser: str, address: str) -> None:
        """Raises TooManyOrders."""
        may = (
            self._browsers.take(f"{browser} {point_id}")
            and self._addresses.take(address)
            and self._points.take(point_id)
        )
        if not may:
            raise TooManyOrders
