"""Everything that merchant-admin refuses, each with its code and the words for the caller.

AdminProblem
├── NotLoggedIn 401 · TotpRequired 401 · ReauthenticationRequired 401 · TooManyLogins 429
├── Forbidden 403 · EnrolmentRequired 403 · NotForMachines 403
├── NoSuch 404
├── Unusable 422, with JSON pointers
│   └── AlreadyMade · MadeOtherwise · SameAccount · AlreadyWaits
├── TooManyRows 422 · BadPeriod 422 · TooManyExports 429
├── NotRefundable 409 · RefundExceedsPaid 409 · NumberTaken 409
└── AlreadyDecided 409 · ChangedMeanwhile 409 · ChangedSinceShown 409 · SamePerson 403
"""

from collections.abc import Mapping
from typing import Final

from chassis.problems import FieldError, Problem
from contracts.codes import CODES, Code, CodeRow

FORBIDDEN: Final = "forbidden"
VERSION_CHANGED: Final = "version_changed"
APPROVAL_DECIDED: Final = "approval_decided"
TOTP_REQUIRED: Final = "totp_required"
TOTP_ENROLMENT_REQUIRED: Final = "totp_enrolment_required"
REAUTHENTICATION_REQUIRED: Final = "reauthentication_required"
"""Beside the codes of the public API, where nobody is told what others may, and nobody logs in."""

_ROWS: Final[Mapping[str, CodeRow]] = {
    **{str(code): row for code, row in CODES.items()},
    FORBIDDEN: CodeRow(403, "The user does not have this right"),
    VERSION_CHANGED: CodeRow(409, "It has changed since it was asked for"),
    APPROVAL_DECIDED: CodeRow(409, "The approval is decided, or has expired"),
    TOTP_REQUIRED: CodeRow(401, "A code of the second factor is needed"),
    TOTP_ENROLMENT_REQUIRED: CodeRow(403, "The user has to set up a second factor first"),
    REAUTHENTICATION_REQUIRED: CodeRow(401, "The user has to prove again who they are"),
}


class AdminProblem(Problem):
    """Root; status, title and whether it is retryable come from the table of codes."""

    code: str = Code.INTERNAL

    def __init_subclass__(cls) -> None:
        row = _ROWS[cls.code]
        cls.status, cls.title, cls.retryable = row.status, row.title, row.retryable


class NotLoggedIn(AdminProblem):
    code = Code.UNAUTHENTICATED

    def __init__(self, detail: str = "Log in at POST /api/session.") -> None:
        super().__init__(detail)


class TotpRequired(AdminProblem):
    """The password was right; `was_wrong`: a code was given, which is not one or is used up."""

    code = TOTP_REQUIRED

    def __init__(self, *, was_wrong: bool = False) -> None:
        self.was_wrong = was_wrong
        super().__init__(
            "The code is wrong, too old, or was used before."
            if was_wrong
            else "Send the code of your authenticator, or a recovery code, as member totp."
        )


class ReauthenticationRequired(AdminProblem):
    code = REAUTHENTICATION_REQUIRED

    def __init__(self) -> None:
        super().__init__("Send your password to POST /api/session/reauthentication, then again.")


class EnrolmentRequired(AdminProblem):
    code = TOTP_ENROLMENT_REQUIRED

    def __init__(self) -> None:
        super().__init__("Set up a second factor at POST /api/totp before anything else.")


class NotForMachines(AdminProblem):
    code = FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This is for people; a machine's token does not open it.")


class TooManyLogins(AdminProblem):
    code = Code.RATE_LIMITED

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "Too many failed logins; wait before the next one.", retry_after_s=retry_after_s
        )


class Forbidden(AdminProblem):
    code = FORBIDDEN

    def __init__(self, role: str, right: str, *, is_scoped: bool = False) -> None:
        words = f"This needs the right to {right}, which the role {role} does not have."
        if is_scoped:
            words = f"This needs the right to {right} for all merchants; the user has some."
        super().__init__(words)


class NoSuch(AdminProblem):
    code = Code.NOT_FOUND

    def __init__(self, thing: str) -> None:
        super().__init__(f"There is no such {thing}.")


class Unusable(AdminProblem):
    """A field whose form is right and whose content cannot be used."""

    code = Code.INVALID_REQUEST

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("The body is not valid.", errors=errors)


class NoSuchChannel(Unusable):
    def __init__(self) -> None:
        super().__init__(
            FieldError("/channel", "is not a channel of this centre", "不是本中心的渠道")
        )


class AlreadyMade(Unusable):
    """A form that makes something was sent again; its secret was shown with the first answer."""

    def __init__(self) -> None:
        super().__init__(
            FieldError(
                "",
                "It is made already; its secret is shown once only.",
                "已创建，未再次创建；密钥只显示一次。",
            )
        )


class MadeOtherwise(Unusable):
    """A form that made something was filled in anew and sent under the same number."""

    def __init__(self) -> None:
        super().__init__(
            FieldError(
                "",
                "This form has made one already, with other entries; send it again for another.",
                "此表单已创建过一项（内容不同）；如需另建一项，请再次提交。",
            )
        )


class SameAccount(Unusable):
    """The merchant has this account of the channel already; `is_waiting`: for a second person."""

    def __init__(self, account_id: str, name: str, *, is_waiting: bool = False) -> None:
        en = f"It is registered already, as {account_id} ({name}); replace its keys there."
        zh = f"该账户已登记：{account_id}（{name}）；如需更换密钥，请到该账户的页面。"
        if is_waiting:
            en = f"It waits for a second person already, as {account_id} ({name})."
            zh = f"该账户已提交登记，正在等待复核：{account_id}（{name}）。"
        super().__init__(FieldError("", en, zh))
        self.account_id = account_id


class AlreadyWaits(Unusable):
    """Something else is asked for of the same thing, which waits for a second person."""

    def __init__(self, approval_id: str) -> None:
        en = f"{approval_id} waits for a second person already; withdraw it to ask for another."
        zh = f"已有申请正在等待复核：{approval_id}；如需另行申请，请先撤回。"
        super().__init__(FieldError("", en, zh))
        self.approval_id = approval_id


class TooManyRows(AdminProblem):
    code = Code.INVALID_REQUEST

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"More than {limit:,} rows are found; have the file made by POST, or filter further."
        )


class BadPeriod(AdminProblem):
    code = Code.INVALID_REQUEST

    def __init__(self, days: int) -> None:
        super().__init__(
            "The period is not valid.",
            errors=[FieldError("/to", f"query: must be within {days} days of `from`")],
        )


class TooManyExports(AdminProblem):
    code = Code.RATE_LIMITED

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} exports are being made for you; wait for one of them.", retry_after_s=30
        )


class NotRefundable(AdminProblem):
    code = Code.PAYMENT_NOT_REFUNDABLE

    def __init__(self, payment_no: str, state: str) -> None:
        super().__init__(f"Payment {payment_no} is {state}; only a succeeded one can be refunded.")


class RefundExceedsPaid(AdminProblem):
    code = Code.REFUND_EXCEEDS_PAID

    def __init__(self, left: str, waiting: str | None = None) -> None:
        """`waiting`: how much of what is left waits for a second person, if any does."""
        beside = f", beside {waiting} that wait for a second person" if waiting else ""
        super().__init__(f"{left} is left of the payment at most{beside}.")


class ImportIsOld(AdminProblem):
    code = Code.INVALID_REQUEST

    def __init__(self) -> None:
        super().__init__("Something of this import was registered since it was checked.")


class NumberTaken(AdminProblem):
    code = Code.REFUND_MISMATCH

    def __init__(self) -> None:
        super().__init__("A refund of this number was asked for with other content.")


class AlreadyDecided(AdminProblem):
    code = APPROVAL_DECIDED

    def __init__(self, state: str) -> None:
        super().__init__(f"Nothing waits here any more: it is {state}.")


class ChangedMeanwhile(AdminProblem):
    """The approval is outdated from now on."""

    code = VERSION_CHANGED

    def __init__(self) -> None:
        super().__init__("What this was asked for on has changed since; ask for it anew.")


class ChangedSinceShown(AdminProblem):
    """A whole form was sent: what it does not mean to change would go back to what it was."""

    code = VERSION_CHANGED

    def __init__(self) -> None:
        super().__init__("It has changed since it was shown; look at it again.")


class SamePerson(AdminProblem):
    code = FORBIDDEN

    def __init__(self) -> None:
        super().__init__("Another person than the one who asked for it has to agree.")
