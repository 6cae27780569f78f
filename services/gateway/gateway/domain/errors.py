"""What the gateway refuses, and what a channel's outcome means for the app.

GatewayProblem
├── NotAuthenticated 401 · RateLimited 429
├── NotHere 404 · MethodNotSupported 422 · SplitNotSupported 422
├── ChannelAccountDisabled 409 · NotClosedYet 409
└── NotInitiated: Declined 402 · NotSent 502 · Unknown 504, each with the payment
"""

from typing import Any

from chassis.problems import FieldError, Problem
from contracts.api import PaymentView
from contracts.codes import CODES, Code


class GatewayProblem(Problem):
    """Root; status, title and whether it is retryable come from the public table of codes."""

    code = Code.INTERNAL

    def __init_subclass__(cls) -> None:
        row = CODES[Code(cls.code)]
        cls.status, cls.title, cls.retryable = row.status, row.title, row.retryable


class NotAuthenticated(GatewayProblem):
    """One and the same answer whatever was wrong; `reason`, and the app where it is on file, are
    for our counters only."""

    code = Code.UNAUTHENTICATED

    def __init__(self, reason: str, app_id: str | None = None) -> None:
        super().__init__("The request is not signed by a known app.")
        self.reason = reason
        self.app_id = app_id


class RateLimited(GatewayProblem):
    code = Code.RATE_LIMITED

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("The app's requests come too fast.", retry_after_s=retry_after_s)


class NotHere(GatewayProblem):
    """Also for what belongs to another app or merchant."""

    code = Code.NOT_FOUND

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class MethodNotSupported(GatewayProblem):
    code = Code.METHOD_NOT_SUPPORTED

    def __init__(self, method: str) -> None:
        message = f"is not offered by this channel account: {method}"
        super().__init__("The method cannot be used.", errors=[FieldError("/method", message)])


class SplitNotSupported(GatewayProblem):
    """`pointer`: what of the request asks for it."""

    code = Code.METHOD_NOT_SUPPORTED

    def __init__(self, channel: str, pointer: str) -> None:
        fault = FieldError(pointer, f"cannot be split: {channel} does not offer it")
        super().__init__("The channel cannot split payments.", errors=[fault])


class ChannelAccountDisabled(GatewayProblem):
    code = Code.CHANNEL_ACCOUNT_DISABLED

    def __init__(self, account_id: str) -> None:
        super().__init__(f"The channel account {account_id} is disabled.")


class NotClosedYet(GatewayProblem):
    """The payer's first choice cannot be ended at its channel at the moment."""

    code = Code.PAYMENT_IN_PROGRESS

    def __init__(self) -> None:
        super().__init__("The payment that was begun before is not closed yet.", retry_after_s=2)


class PayerUnknown(GatewayProblem):
    """The wallet did not say who the payer is; carries the token of the page to go on with."""

    code = Code.DECLINED

    def __init__(self, token: str, words: str) -> None:
        super().__init__(
            f"The wallet did not say who the payer is ({words}).", extra={"token": token}
        )


class NotInitiated(GatewayProblem):
    """The initiation did not work; carries the payment, and the channel's words if it spoke."""

    def __init__(self, detail: str, payment: PaymentView, words: tuple[str, str] | None) -> None:
        extra: dict[str, Any] = {"payment": payment.model_dump(mode="json")}
        if words is not None:
            extra["channel"] = {"code": words[0], "message": words[1]}
        super().__init__(detail, extra=extra)


class Declined(NotInitiated):
    code = Code.DECLINED


class NotSent(NotInitiated):
    code = Code.NOT_SENT


class Unknown(NotInitiated):
    code = Code.UNKNOWN
