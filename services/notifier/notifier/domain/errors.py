"""What callers of the internal API are told.

NotifierProblem
├── EventNotFound 404 · AppNotFound 404 · EndpointNotFound 404 · ReplayNotFound 404
├── NoAlertRoute 404 · AlertNotFound 404
├── NoCallbackAddress 422 · AddressNotCalled 422 · BadCursor 422
└── SpokeJustNow 429
"""

from chassis.problems import FieldError, Problem
from contracts.codes import CODES, Code


class NotifierProblem(Problem):
    """Root: a subclass names its code, the closed list in `contracts.codes` gives the rest."""

    def __init_subclass__(cls, *, code: Code) -> None:
        row = CODES[code]
        cls.code, cls.status, cls.title, cls.retryable = code, row.status, row.title, row.retryable


class EventNotFound(NotifierProblem, code=Code.NOT_FOUND):
    def __init__(self, event_id: str) -> None:
        super().__init__(f"There is no callback of an event {event_id!r}.")


class AppNotFound(NotifierProblem, code=Code.NOT_FOUND):
    def __init__(self, app_id: str) -> None:
        super().__init__(f"There is no app {app_id!r}.")


class EndpointNotFound(NotifierProblem, code=Code.NOT_FOUND):
    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"There is no callback address {endpoint_id!r}.")


class ReplayNotFound(NotifierProblem, code=Code.NOT_FOUND):
    def __init__(self, replay_id: str) -> None:
        super().__init__(f"There is no replay {replay_id!r}.")


class NoAlertRoute(NotifierProblem, code=Code.NOT_FOUND):
    def __init__(self, merchant_id: str) -> None:
        super().__init__(f"The merchant {merchant_id!r} has no alert route of its own.")


class AlertNotFound(NotifierProblem, code=Code.NOT_FOUND):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no alert {key!r}.")


class NoCallbackAddress(NotifierProblem, code=Code.INVALID_REQUEST):
    def __init__(self) -> None:
        super().__init__("The app has no callback address (notify_url), or it is disabled.")


class AddressNotCalled(NotifierProblem, code=Code.INVALID_REQUEST):
    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Callbacks cannot go there: {reason}", errors=[FieldError("/url", reason)]
        )


class SpokeJustNow(NotifierProblem, code=Code.RATE_LIMITED):
    def __init__(self, every_s: float) -> None:
        super().__init__("A message to people was sent just now.", retry_after_s=round(every_s))


class BadCursor(NotifierProblem, code=Code.INVALID_REQUEST):
    def __init__(self) -> None:
        message = "is not a cursor of this list"
        super().__init__(f"The parameter after {message}.", errors=[FieldError("/after", message)])
