"""What each code of Alipay means, operation by operation. What is not listed is Unknown.

Prefixes differ between pages (`ACQ.`, `aop.ACQ.`, `AQC.`): the part behind the last dot counts.

Source: opendocs.alipay.com/common/02km9f (gateway codes); the page of each operation (sub codes)
"""

from typing import Final

from gateway.channels.alipay.wire import GATEWAY_CODES
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Unknown
from gateway.channels.reading import text
from gateway.channels.verdicts import Table, absent, closed, done, gone, unlisted, waiting

SUCCESS: Final = "10000"
BUSINESS_REFUSAL: Final = "40004"

GATEWAY: Final[Table] = {
    "20000": Unknown,  # service unavailable: isp.unknow-error, aop.unknow-error
    "40005": Unknown,  # call limited; it may have been taken all the same
    "20001": NotSent,  # authorisation token
    "40001": NotSent,  # missing parameter
    "40002": NotSent,  # invalid parameter, app, signature or time
    "40003": NotSent,  # signature not configured
    "40006": NotSent,  # not permitted
}

PAY: Final[Table] = {
    "10003": waiting,
    "SYSTEM_ERROR": Unknown,
    # This number was used before: what became of it, the query says.
    "TRADE_HAS_SUCCESS": Unknown,
    "CONTEXT_INCONSISTENT": Unknown,
    "APPLY_PC_MERCHANT_CODE_ERROR": Unknown,
    "ACCESS_FORBIDDEN": NotSent,
    "PARTNER_ERROR": NotSent,
    "TRADE_HAS_CLOSE": closed,
    "INVALID_PARAMETER": Declined,
    "EXIST_FORBIDDEN_WORD": Declined,
    "TOTAL_FEE_EXCEED": Declined,
    "BUYER_SELLER_EQUAL": Declined,
    "BEYOND_PAY_RESTRICTION": Declined,
    "NOW_TIME_AFTER_EXPIRE_TIME_ERROR": Declined,
    "MERCHANT_STATUS_NOT_NORMAL": Declined,
    "RISK_MERCHANT_IP_NOT_EXIST": Declined,
    "PAYMENT_AUTH_CODE_INVALID": Declined,
    "BUYER_BALANCE_NOT_ENOUGH": Declined,
    "BUYER_BANKCARD_BALANCE_NOT_ENOUGH": Declined,
    "ERROR_BALANCE_PAYMENT_DISABLE": Declined,
    "PULL_MOBILE_CASHIER_FAIL": Declined,
    "PAYMENT_FAIL": Declined,
}

QUERY: Final[Table] = {
    **dict.fromkeys(GATEWAY, Unknown),
    "SYSTEM_ERROR": Unknown,
    "INVALID_PARAMETER": Unknown,
    # Until the payer opens Alipay's cashier there is no trade: not paid, not failed.
    "TRADE_NOT_EXIST": absent,
}

CLOSE: Final[Table] = {
    "SYSTEM_ERROR": Unknown,
    "INVALID_PARAMETER": NotSent,
    # Perhaps it was paid this very moment: the query says.
    "TRADE_STATUS_ERROR": Unknown,
    "REASON_TRADE_STATUS_INVALID": Unknown,
    "REASON_ILLEGAL_STATUS": Unknown,
    "TRADE_NOT_EXIST": gone,
    "TRADE_HAS_CLOSE": done,
}

CANCEL: Final[Table] = {
    **CLOSE,
    "TRADE_HAS_FINISHED": Unknown,
    "TRADE_CANCEL_TIME_OUT": Unknown,
    "CANCEL_NOT_ALLOWED": Unknown,
    "REASON_TRADE_BEEN_FREEZEN": Unknown,
    "REASON_TRADE_REFUND_FEE_ERR": Unknown,
    "SELLER_BALANCE_NOT_ENOUGH": NotSent,
}

REFUND: Final[Table] = {
    "SYSTEM_ERROR": Unknown,
    "DISCORDANT_REPEAT_REQUEST": Unknown,
    # The merchant's balance: the same number works once it is topped up.
    "SELLER_BALANCE_NOT_ENOUGH": NotSent,
    "TRADE_NOT_EXIST": Declined,
    "TRADE_STATUS_ERROR": Declined,
    "TRADE_HAS_FINISHED": Declined,
    "TRADE_HAS_CLOSE": Declined,
    "TRADE_NOT_ALLOW_REFUND": Declined,
    "NOT_ALLOW_PARTIAL_REFUND": Declined,
    "REASON_TRADE_REFUND_FEE_ERR": Declined,
    "REFUND_AMT_NOT_EQUAL_TOTAL": Declined,
    "REFUNDALLOC_UNAUTH_LIMIT": Declined,
    "INVALID_PARAMETER": Declined,
}

BILL: Final[Table] = {
    "SYSTEM_ERROR": Unknown,
    "SYSTEM_RATE_LIMIT": NotSent,
    "USER_RATE_LIMIT": NotSent,
    "NO_BILL_DATA": absent,
    "BILL_NOT_EXIST": absent,
    "BILL_DATE_BEFORE_REGISTRATION": Declined,
    "TYPE_NOT_SUPPORTED": Declined,
    "INVAILID_ARGUMENTS": Declined,  # the documents' spelling
    "INVALID_ARGUMENTS": Declined,
}


def find_refusal(answer: Answer, table: Table) -> Outcome | None:
    """What a refusal means by this table; None where the answer is no refusal."""
    code, sub_code = text(answer.content, "code"), text(answer.content, "sub_code")
    if answer.signed and code == SUCCESS:
        return None
    told = sub_code or code
    message = text(answer.content, "sub_msg") or text(answer.content, "msg")
    # Only a business refusal speaks by its sub code; the gateway's own codes stand alone.
    row = sub_code.rpartition(".")[2] if code == BUSINESS_REFUSAL else code
    rows = {**GATEWAY, **table} if code in GATEWAY_CODES else table
    return rows.get(row, unlisted)(told, message)
