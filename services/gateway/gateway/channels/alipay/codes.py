"""What each code of Alipay means, operation by operation. What is not listed is Unknown.

Prefixes differ between pages (`ACQ.`, `aop.ACQ.`, `AQC.`), and statements are refused in lower case
(`isp.bill_not_exist`): the part behind the last dot counts, in capitals.

Source: opendocs.alipay.com/common/02km9f (gateway codes); the page of each operation (sub codes)
"""

from typing import Final

from gateway.channels.alipay.wire import GATEWAY_CODES
from gateway.channels.formats import text, text_or_digits
from gateway.channels.meanings import (
    Table,
    absent,
    closed,
    done,
    gone,
    outcome_of,
    passing,
    waiting,
)
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Unknown

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
    # The same number with the same content gives the same trade, however often it is asked for.
    "20000": passing,
    "40005": passing,
    "SYSTEM_ERROR": passing,
    # This number was used before: what became of it, the query says.
    "TRADE_HAS_SUCCESS": Unknown,
    "TRADE_STATUS_ERROR": Unknown,
    "TRADE_BUYER_NOT_MATCH": Unknown,
    "CONTEXT_INCONSISTENT": Unknown,
    "APPLY_PC_MERCHANT_CODE_ERROR": Unknown,
    # The merchant's contract or app, or how we ask on its behalf: no trade was made.
    "ACCESS_FORBIDDEN": NotSent,
    "PARTNER_ERROR": NotSent,
    "MERCHANT_AGREEMENT_NOT_EXIST": NotSent,
    "MERCHANT_AGREEMENT_INVALID": NotSent,
    "UN_SUPPORT_TRADE_SCENE": NotSent,
    "OPEN_ID_NOT_TINY_APP": NotSent,
    "PRODUCT_NOT_SUPPORT_IN_TINY_APP": NotSent,
    "TRADE_HAS_CLOSE": closed,
    "INVALID_PARAMETER": Declined,
    "EXIST_FORBIDDEN_WORD": Declined,
    "TOTAL_FEE_EXCEED": Declined,
    "BUYER_SELLER_EQUAL": Declined,
    "BEYOND_PAY_RESTRICTION": Declined,
    "NOW_TIME_AFTER_EXPIRE_TIME_ERROR": Declined,
    "MERCHANT_STATUS_NOT_NORMAL": Declined,
    "RISK_MERCHANT_IP_NOT_EXIST": Declined,
    "BEYOND_PER_RECEIPT_RESTRICTION": Declined,
    "BEYOND_PER_RECEIPT_DAY_RESTRICTION": Declined,
    "BEYOND_PER_RECEIPT_SINGLE_RESTRICTION": Declined,
    "MERCHANT_PERM_RECEIPT_DAY_LIMIT": Declined,
    "MERCHANT_PERM_RECEIPT_SINGLE_LIMIT": Declined,
    "MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT": Declined,
    "PRODUCT_AMOUNT_LIMIT_ERROR": Declined,
    "RESTRICTED_MERCHANT_INDUSTRY": Declined,
    "AMOUNT_OR_CURRENCY_ERROR": Declined,
    "CURRENCY_NOT_SUPPORT": Declined,
    "BUYER_ENABLE_STATUS_FORBID": Declined,
    "BUYER_NOT_EXIST": Declined,
    "BUYER_NOT_MAINLAND_CERT": Declined,
    "NOT_CERTIFIED_USER": Declined,
    "NOT_SUPPORT_PAYMENT_INST": Declined,
    "PAYER_UNMATCHED": Declined,
    "USER_LOGONID_DUP": Declined,
    "BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR": Declined,
    "BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR": Declined,
    "ERROR_BUYER_CERTIFY_LEVEL_LIMIT": Declined,
    "SELLER_BEEN_BLOCKED": Declined,
    "SELLER_NOT_EXIST": Declined,
    "ERROR_SELLER_CERTIFY_LEVEL_LIMIT": Declined,
    "INVALID_RECEIVE_ACCOUNT": Declined,
    "INVALID_STORE_ID": Declined,
    "STORE_INFO_INVALID": Declined,
    "SUB_GOODS_SIZE_MAX_COUNT": Declined,
    "DEFAULT_SETTLE_RULE_NOT_EXIST": Declined,
    "SECONDARY_MERCHANT_ALIPAY_ACCOUNT_INVALID": Declined,
    "SECONDARY_MERCHANT_ID_BLANK": Declined,
    "SECONDARY_MERCHANT_ID_INVALID": Declined,
    "SECONDARY_MERCHANT_ISV_PUNISH_INDIRECT": Declined,
    "SECONDARY_MERCHANT_NOT_MATCH": Declined,
    "SECONDARY_MERCHANT_STATUS_ERROR": Declined,
    "SUB_MERCHANT_CREATE_FAIL": Declined,
    "SUB_MERCHANT_TYPE_INVALID": Declined,
    "AGREEMENT_ERROR": Declined,
    "AGREEMENT_INVALID": Declined,
    "AGREEMENT_NOT_EXIST": Declined,
    "AGREEMENT_STATUS_NOT_NORMAL": Declined,
    "PAYMENT_AUTH_CODE_INVALID": Declined,
    "BUYER_BALANCE_NOT_ENOUGH": Declined,
    "BUYER_BANKCARD_BALANCE_NOT_ENOUGH": Declined,
    "ERROR_BALANCE_PAYMENT_DISABLE": Declined,
    "PULL_MOBILE_CASHIER_FAIL": Declined,
    "PAYMENT_FAIL": Declined,
    "PAYMENT_REQUEST_HAS_RISK": Declined,
    "NO_PAYMENT_INSTRUMENTS_AVAILABLE": Declined,
    "USER_FACE_PAYMENT_SWITCH_OFF": Declined,
    "MOBILE_PAYMENT_SWITCH_OFF": Declined,
}

PAY_BY_CODE: Final[Table] = {
    **PAY,
    # A payment code (付款码) is taken once: what became of it, the query says and no repeat.
    "20000": Unknown,
    "40005": Unknown,
    "SYSTEM_ERROR": Unknown,
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
    # Trouble with settlement and fees inside Alipay: to be repeated, says the refund page.
    "TRADE_SETTLE_ERROR": Unknown,
    "REFUND_CHARGE_ERROR": Unknown,
    # The merchant's balance, or a hold on it: the same number works when that is over.
    "SELLER_BALANCE_NOT_ENOUGH": NotSent,
    "REASON_TRADE_BEEN_FREEZEN": NotSent,
    "TRADE_NOT_EXIST": Declined,
    "TRADE_STATUS_ERROR": Declined,
    "TRADE_HAS_FINISHED": Declined,
    "TRADE_HAS_CLOSE": Declined,
    "TRADE_NOT_ALLOW_REFUND": Declined,
    "NOT_ALLOW_PARTIAL_REFUND": Declined,
    "REASON_TRADE_REFUND_FEE_ERR": Declined,
    "REFUND_AMT_NOT_EQUAL_TOTAL": Declined,
    "REFUNDALLOC_UNAUTH_LIMIT": Declined,
    "REASON_TRADE_STATUS_INVALID": Declined,
    "REFUND_FEE_ERROR": Declined,
    "REFUND_ACCOUNT_NOT_EXIST": Declined,
    "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST": Declined,
    "ALLOC_AMOUNT_VALIDATE_ERROR": Declined,
    "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND": Declined,
    "OVERDRAFT_AGREEMENT_NOT_MATCH": Declined,
    "OVERDRAFT_ASSIGN_ACCOUNT_INVALID": Declined,
    "BUYER_ENABLE_STATUS_FORBID": Declined,
    "BUYER_ERROR": Declined,
    "BUYER_NOT_EXIST": Declined,
    "CURRENCY_NOT_SUPPORT": Declined,
    "CUSTOMER_VALIDATE_ERROR": Declined,
    "ENTERPRISE_PAY_BIZ_ERROR": Declined,
    "USER_NOT_MATCH_ERR": Declined,
    "INVALID_PARAMETER": Declined,
}

SPLIT: Final[Table] = {
    "SYSTEM_ERROR": Unknown,
    "TRADE_SETTLE_ERROR": Unknown,
    # The number was used with other content: what became of it, the query says.
    "DISCORDANT_REPEAT_REQUEST": Unknown,
    "FREQUENCY_LIMIT": NotSent,
    # Too early: Alipay is not through with the payment itself yet.
    "ILLEGAL_SETTLE_STATE": NotSent,
    # The merchant's balance: the same number works once it is topped up.
    "BALANCE_NOT_ENOUGH": NotSent,
    "TXN_RESULT_ACCOUNT_BALANCE_NOT_ENOUGH": NotSent,
    "ROYALTY_RECEIVER_INVALID": Declined,
    "ALLOC_AMOUNT_VALIDATE_ERROR": Declined,
    "USER_NOT_EXIST": Declined,
    "PRODUCT_UNSIGN": Declined,
    "TRADE_NOT_EXIST": Declined,
    "TRADE_STATUS_ERROR": Declined,
    "REASON_TRADE_STATUS_INVALID": Declined,
    "INVALID_PARAMETER": Declined,
}

QUERY_SPLIT: Final[Table] = {
    **dict.fromkeys(GATEWAY, Unknown),
    "SYSTEM_ERROR": Unknown,
    "INVALID_PARAMETER": Unknown,
    "TRADE_NOT_EXIST": absent,
}

STATEMENT: Final[Table] = {
    "SYSTEM_ERROR": Unknown,
    "UNKNOWN_ERROR": Unknown,
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
    code, sub_code = text_or_digits(answer.content, "code"), text(answer.content, "sub_code")
    if answer.signed and code == SUCCESS:
        return None
    named = sub_code or code
    message = text(answer.content, "sub_msg") or text(answer.content, "msg")
    # Only a business refusal speaks by its sub code; the gateway's own codes stand alone.
    row = sub_code.rpartition(".")[2].upper() if code == BUSINESS_REFUSAL else code
    rows = {**GATEWAY, **table} if code in GATEWAY_CODES else table
    return outcome_of(answer, rows, row, named, message)
