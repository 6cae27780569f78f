"""What each code of WeChat Pay means, operation by operation. What is not listed is Unknown.

Spellings differ between pages (`ORDERPAID`, `ORDER_PAID`): codes are compared without underscores.
Whatever a code says, an answer of 5xx or 202 is Unknown: work may have been done.

Source: pay.weixin.qq.com/doc/v3/merchant/4012070347 (codes), 4012791877, 4012791858, 4012791860,
4013071036, 4013071041 (one page per operation)
"""

from typing import Final

from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Unknown
from gateway.channels.reading import text
from gateway.channels.verdicts import Table, absent, done, gone, unlisted, waiting

_REFUSED_BEFORE_ANY_WORK: Final[Table] = {
    "SIGN_ERROR": NotSent,
    "NO_AUTH": NotSent,
    "MCH_NOT_EXISTS": NotSent,
    "APPID_MCHID_NOT_MATCH": NotSent,
}

_NOBODY_KNOWS: Final[Table] = {
    "SYSTEM_ERROR": Unknown,
    "SERVICE_UNAVAILABLE": Unknown,
    "BANK_ERROR": Unknown,
}

PAY: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    "FREQUENCY_LIMITED": NotSent,
    "RATELIMIT_EXCEEDED": NotSent,
    "ORDER_NOT_EXIST": NotSent,
    "RESOURCE_NOT_EXISTS": NotSent,
    "PARAM_ERROR": Declined,
    "INVALID_REQUEST": Declined,
    "ORDER_CLOSED": Declined,
    "OPENID_MISMATCH": Declined,
    "RULE_LIMIT": Declined,
    "TRADE_ERROR": Declined,
    "ACCOUNT_ERROR": Declined,
    "NOT_ENOUGH": Declined,
    "USER_ACCOUNT_ABNORMAL": Declined,
    # This number was used before: what became of it, the query says.
    "ORDER_PAID": Unknown,
    "OUT_TRADE_NO_USED": Unknown,
    # Payment codes (付款码).
    "USER_PAYING": waiting,
    "AUTH_CODE_EXPIRE": Declined,
    "AUTH_CODE_ERROR": Declined,
    "AUTH_CODE_INVALID": Declined,
}

QUERY: Final[Table] = {
    **dict.fromkeys(_REFUSED_BEFORE_ANY_WORK, Unknown),
    **_NOBODY_KNOWS,
    "FREQUENCY_LIMITED": Unknown,
    "RATELIMIT_EXCEEDED": Unknown,
    "PARAM_ERROR": Unknown,
    "INVALID_REQUEST": Unknown,
    "ORDER_NOT_EXIST": absent,
    "RESOURCE_NOT_EXISTS": absent,
}

CLOSE: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    "FREQUENCY_LIMITED": NotSent,
    "RATELIMIT_EXCEEDED": NotSent,
    "PARAM_ERROR": NotSent,
    "INVALID_REQUEST": Unknown,
    "USER_PAYING": Unknown,
    "ORDER_PAID": Unknown,
    "ORDER_CLOSED": done,
    "ORDER_NOT_EXIST": gone,
    "RESOURCE_NOT_EXISTS": gone,
}

REFUND: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    # A limited call may have been accepted all the same, says the refund page.
    "FREQUENCY_LIMITED": Unknown,
    "RATELIMIT_EXCEEDED": Unknown,
    # The merchant's balance: the same number works once it is topped up.
    "NOT_ENOUGH": NotSent,
    # Replicas of WeChat Pay may lag behind the payment.
    "ORDER_NOT_EXIST": NotSent,
    "RESOURCE_NOT_EXISTS": NotSent,
    "PARAM_ERROR": Declined,
    "INVALID_REQUEST": Declined,
    "REFUND_FEE_MISMATCH": Declined,
    "TRADE_OVERDUE": Declined,
    "USER_ACCOUNT_ABNORMAL": Declined,
}

REFUND_ABNORMAL: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    "FREQUENCY_LIMITED": Unknown,
    "RATELIMIT_EXCEEDED": Unknown,
    "NOT_ENOUGH": NotSent,
    "PARAM_ERROR": NotSent,
    # It is not abnormal (any more): the query says what it is.
    "INVALID_REQUEST": Unknown,
    "RESOURCE_NOT_EXISTS": Unknown,
}

BILL: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    "FREQUENCY_LIMITED": NotSent,
    "RATELIMIT_EXCEEDED": NotSent,
    "PARAM_ERROR": Declined,
    "INVALID_REQUEST": Declined,
    "NO_STATEMENT_EXIST": absent,
    "STATEMENT_CREATING": Unknown,
}


def find_refusal(answer: Answer, table: Table) -> Outcome | None:
    """What a refusal means by this table; None where the answer is no refusal."""
    code, message = text(answer.content, "code"), text(answer.content, "message")
    if answer.signed and answer.status in (200, 204):
        return None
    if answer.status >= 500 or answer.status == 202:
        return Unknown(code or f"HTTP_{answer.status}", message)
    rows = {_plain(each): verdict for each, verdict in table.items()}
    return rows.get(_plain(code), unlisted)(code or f"HTTP_{answer.status}", message)


def _plain(code: str) -> str:
    return code.upper().replace("_", "")
