"""Signatures that fail, of apps and of third parties: told to people when they are many."""

from collections.abc import Callable
from typing import Final

from contracts.events.alerts import Alert, Severity
from gateway.admission.failures import FailureRate
from gateway.directory import ChannelAccount

REQUESTS_A_MINUTE: Final = 60
NOTIFICATIONS_A_MINUTE: Final = 10
STRANGER: Final = "unknown"
"""Apps that are not on file are counted as one: anybody may invent an id."""


class SignatureFailures:
    """`tell` carries an alert to people. Counted by app and by channel account, per replica."""

    def __init__(self, tell: Callable[[Alert], None]) -> None:
        self._tell = tell
        self._requests: dict[str, FailureRate] = {}
        self._notifications: dict[str, FailureRate] = {}

    def of_request(self, app_id: str | None, reason: str, now_s: float) -> None:
        """A request that names an app was not let in; None for one that is not on file."""
        app = app_id or STRANGER
        rate = self._requests.setdefault(app, FailureRate(REQUESTS_A_MINUTE))
        if rate.note(now_s):
            self._tell(
                Alert(
                    key=f"signature.requests:{app}",
                    severity=Severity.WARNING,
                    title="Requests of an app are refused",
                    detail=f"{REQUESTS_A_MINUTE} or more in a minute, the last one for {reason!r}.",
                    facts={"app_id": app, "reason": reason},
                )
            )

    def of_notification(self, account: ChannelAccount, now_s: float) -> None:
        """A webhook for this account could not be verified."""
        rate = self._notifications.setdefault(
            account.account_id, FailureRate(NOTIFICATIONS_A_MINUTE)
        )
        if rate.note(now_s):
            self._tell(
                Alert(
                    key=f"signature.notices:{account.account_id}",
                    severity=Severity.WARNING,
                    title="Webhooks of a channel cannot be verified",
                    detail=f"{NOTIFICATIONS_A_MINUTE} or more in a minute: the channel's key in the"
                    " credentials is wrong, or somebody forges them.",
                    merchant_id=account.merchant_id,
                    facts={"payment_id": account.account_id, "channel": account.channel},
                )
            )
