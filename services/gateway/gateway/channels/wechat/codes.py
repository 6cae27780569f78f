"""What each code of WeChat Pay means, operation by operation. What is not listed is Unknown.

Spellings differ between pages (`ORDERPAID`, `ORDER_PAID`): codes are compared without underscores.
Whatever a code says, an answer of 5xx or 202 is Unknown: work may have been done; only the signed
202 that waits for the payer's password says more. `HTTP_202` is an answer of this status without a
code: accepted, not done, to be asked for again.

Source: pay.weixin.qq.com/doc/v3/merchant/4012070347 (codes), 4012791877, 4012791858, 4012791860,
4013071036, 4013071041, 4012524936, 4012526995 (one page per operation)
"""

from typing import Final

from gateway.channels.formats import text
from gateway.channels.meanings import (
    Table,
    absent,
    done,
    gone,
    limited,
    outcome_of,
    passing,
    waiting,
)
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Pending, Unknown

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

NUMBER_USED: Final = ("订单号重复", "重入")
"""In the message of a refused order: WeChat Pay has one of this number, with other content."""


def _declined_unless_used(code: str, message: str) -> Outcome:
    """Older parts of WeChat Pay say INVALID_REQUEST where others say OUT_TRADE_NO_USED."""
    is_used = any(words in message for words in NUMBER_USED)
    return Unknown(code, message) if is_used else Declined(code, message)


REFUNDS_APART_S: Final = 65
"""Refunds of one payment are asked for a minute apart, and somewhat more for the way."""


def _soon_after_another(code: str, message: str) -> Unknown:
    """Too soon after another refund of the payment; it may have been accepted all the same, says
    the refund page."""
    return Unknown(code, message, pause_s=REFUNDS_APART_S)


PAY: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    # The same number with the same content gives the same order, however often it is asked for.
    "SYSTEM_ERROR": passing,
    "SERVICE_UNAVAILABLE": passing,
    "HTTP_202": passing,
    "FREQUENCY_LIMITED": limited,
    "RATELIMIT_EXCEEDED": limited,
    "ORDER_NOT_EXIST": NotSent,
    "RESOURCE_NOT_EXISTS": NotSent,
    "PARAM_ERROR": Declined,
    "INVALID_REQUEST": _declined_unless_used,
    "ORDER_CLOSED": Declined,
    "ORDER_REVERSED": Declined,
    "OPENID_MISMATCH": Declined,
    "RULE_LIMIT": Declined,
    "TRADE_ERROR": Declined,
    "ACCOUNT_ERROR": Declined,
    "NOT_ENOUGH": Declined,
    "USER_ACCOUNT_ABNORMAL": Declined,
    # This number was used before: what became of it, the query says.
    "ORDER_PAID": Unknown,
    "OUT_TRADE_NO_USED": Unknown,
    "BUYER_MISMATCH": Unknown,
    # Payment codes (付款码).
    "USER_PAYING": waiting,
    "AUTH_CODE_EXPIRE": Declined,
    "AUTH_CODE_ERROR": Declined,
    "AUTH_CODE_INVALID": Declined,
    "NOT_SUPORT_CARD": Declined,  # the documents' spelling
}

PAY_BY_CODE: Final[Table] = {
    **PAY,
    # A payment code is taken once: what became of it, the query says and no repeat.
    **_NOBODY_KNOWS,
    "HTTP_202": Unknown,
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
    "FREQUENCY_LIMITED": _soon_after_another,
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

SPLIT: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    "NO_AUTH": Declined,  # 无分账权限
    "FREQUENCY_LIMITED": Unknown,
    "RATELIMIT_EXCEEDED": Unknown,
    # The number was used with other content: what became of it, the query says.
    "OUT_TRADE_NO_USED": Unknown,
    "PARAM_ERROR": Declined,  # 接收方关系不存在
    "INVALID_REQUEST": Declined,  # 非分账订单不支持分账
    "NOT_ENOUGH": Declined,  # 分账金额不足
    "RULE_LIMIT": Declined,  # 超出最大分账比例
    "RECEIVER_HIGH_RISK": Declined,
    "OPENID_MISMATCH": Declined,
    "ORDER_NOT_EXIST": Declined,
    "RESOURCE_NOT_EXISTS": Declined,
}

QUERY_SPLIT: Final[Table] = {
    **dict.fromkeys(_REFUSED_BEFORE_ANY_WORK, Unknown),
    **_NOBODY_KNOWS,
    "FREQUENCY_LIMITED": Unknown,
    "RATELIMIT_EXCEEDED": Unknown,
    "PARAM_ERROR": Unknown,
    "INVALID_REQUEST": Unknown,
    "RESOURCE_NOT_EXISTS": absent,
}

SPLIT_RETURN: Final[Table] = {
    **_REFUSED_BEFORE_ANY_WORK,
    **_NOBODY_KNOWS,
    "NO_AUTH": Declined,  # the receiver has not agreed to give back
    "FREQUENCY_LIMITED": Unknown,
    "RATELIMIT_EXCEEDED": Unknown,
    # The receiver's balance: the same number works once it is topped up.
    "NOT_ENOUGH": NotSent,
    "PARAM_ERROR": Declined,
    "INVALID_REQUEST": Declined,  # 剩余可回退的金额不足
    "RESOURCE_NOT_EXISTS": Declined,
}

TOO_EARLY: Final = "订单处理中"
"""In the message of a refused split: WeChat Pay is not through with the payment itself yet."""

STATEMENT: Final[Table] = {
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
    if answer.signed and answer.status in (200, 204):
        return None
    code = text(answer.content, "code") or f"HTTP_{answer.status}"
    message = text(answer.content, "message")
    rows = {_plain(each): meaning for each, meaning in table.items()}
    if answer.status < 500 and answer.status != 202:
        return outcome_of(answer, rows, _plain(code), code, message)
    outcome = rows.get(_plain(code), Unknown)(code, message)
    is_waiting = answer.signed and isinstance(outcome, Pending)
    return outcome if is_waiting or isinstance(outcome, Unknown) else Unknown(code, message)


def too_early(refusal: Outcome) -> Outcome:
    """A split that is refused only for now was surely not done: the same one is sent again."""
    if isinstance(refusal, Declined) and TOO_EARLY in refusal.message:
        return NotSent(refusal.code, refusal.message)
    return refusal


def _plain(code: str) -> str:
    return code.upper().replace("_", "")
