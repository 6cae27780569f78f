"""To whom alerts go: to the centre's people, and to a merchant's own where it has a route."""

from typing import Final

from contracts.events.alerts import Alert
from contracts.events.configuration import AlertRoute

CENTRE: Final = ""
"""The route to the centre's own people; any other is named by its merchant's id."""


def routes_of(alert: Alert) -> tuple[str, ...]:
    """The names of the routes, whether or not the merchant has set one up."""
    return (CENTRE, alert.merchant_id) if alert.merchant_id else (CENTRE,)


class RouteBook:
    """The merchants' routes by merchant id, in memory; filled from the configuration topic."""

    def __init__(self) -> None:
        self._routes: dict[str, tuple[int, AlertRoute | None]] = {}

    def put(self, merchant_id: str, version: int, route: AlertRoute | None) -> None:
        """Keep it, if it is newer than what is known."""
        known, _ = self._routes.get(merchant_id, (0, None))
        if known < version:
            self._routes[merchant_id] = version, route

    def find(self, merchant_id: str) -> AlertRoute | None:
        _, route = self._routes.get(merchant_id, (0, None))
        return route
