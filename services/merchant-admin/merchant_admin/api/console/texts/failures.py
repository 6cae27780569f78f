"""Why payments, refunds and splits fail, in people's words: by our codes and the channels'.

Several channels, and several versions of one, have codes of their own for one thing.
"""

from collections.abc import Iterator
from typing import Final

_WORDS: Final[dict[tuple[str, str], str]] = {
    ("渠道拒绝了这笔交易", "The channel declined"): "declined PAYMENT_FAIL TRADE_ERROR refused",
    ("请求未送达渠道", "It did not reach the channel"): "not_sent SERVICE_UNAVAILABLE",
    ("渠道结果未知，正在核实", "Not known yet, being asked"): "unknown unclear UNKNOWN_ERROR",
    ("与渠道所述不一致，待人工处理", "Differs from the channel's word"): (
        "conflicted conflict amount_mismatch mismatch"
    ),
    ("人工确认与本中心无关", "A person decided that it is not ours"): "ignored",
    ("渠道没有应答，正在核实", "The channel gave no answer; it is being asked"): "no_answer",
    ("渠道的应答无法验证或读懂，正在核实", "The channel's answer cannot be trusted; it is asked"): (
        "unverifiable unreadable"
    ),
    ("连不上渠道，没有发出", "The channel could not be reached; nothing was sent"): "not_reached",
    ("渠道多次没有应答，暂停片刻", "The channel has not answered for a while; it is left alone"): (
        "circuit_open"
    ),
    ("渠道曾拒绝，本小时内只查询，之后再退", "The channel refused; sent again within the hour"): (
        "between_keys"
    ),
    ("同一笔支付的退款须间隔几秒，依次发出", "Refunds of one payment are sent in turn"): "in_turn",
    ("这个渠道账户正忙", "This channel account is busy"): "busy",
    ("这个渠道做不到", "This channel cannot do it"): (
        "inexpressible no_bill no_close no_login no_return no_serial no_splits no_way too_long"
    ),
    ("渠道系统繁忙，会自动重试", "The channel is busy; it is tried again"): (
        "SYSTEM_ERROR SYSTEMERROR ACQ.SYSTEM_ERROR BIZERR BANK_ERROR BANKERROR aop.unknow-error"
    ),
    ("请求过于频繁，会自动重试", "Too many requests; it is tried again"): (
        "FREQUENCY_LIMITED FREQUENCY_LIMIT RATELIMIT_EXCEEDED SYSTEM_RATE_LIMIT USER_RATE_LIMIT"
        " REQUEST_BLOCKED"
    ),
    ("余额或额度不足", "Not enough money, or above a limit"): (
        "NOT_ENOUGH NOTENOUGH SELLER_BALANCE_NOT_ENOUGH ACQ.SELLER_BALANCE_NOT_ENOUGH"
        " BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH ACQ.BUYER_BALANCE_NOT_ENOUGH"
        " TXN_RESULT_ACCOUNT_BALANCE_NOT_ENOUGH RULE_LIMIT RULELIMIT"
    ),
    ("付款人账户状态异常", "Something is wrong with the payer's account"): (
        "USER_ACCOUNT_ABNORMAL PAYER_ACCOUNT_ABNORMAL BUYER_ENABLE_STATUS_FORBID BUYER_NOT_EXIST"
        " USER_NOT_EXIST TRADE_BUYER_NOT_MATCH USER_NOT_MATCH_ERR OPENID_MISMATCH ACCOUNTERROR"
        " ACCOUNT_ERROR REFUND_ACCOUNT_NOT_EXIST"
    ),
    ("付款码无效或已过期", "The payment code is not valid any more"): (
        "AUTH_CODE_EXPIRE AUTHCODEEXPIRE AUTH_CODE_INVALID PAYMENT_AUTH_CODE_INVALID"
        " ACQ.PAYMENT_AUTH_CODE_INVALID QR_CODE_OFFLINE"
    ),
    ("付款人尚未完成支付", "The payer has not finished"): "USER_PAYING USERPAYING",
    ("订单已关闭", "The order is closed"): (
        "ORDER_CLOSED ORDERCLOSED TRADE_HAS_CLOSE ACQ.TRADE_HAS_CLOSE TRADE_CLOSED closed CLOSED"
        " TRADE_OVERDUE REVOKED"
    ),
    ("订单已支付", "The order is paid"): (
        "ORDER_PAID ORDERPAID TRADE_HAS_SUCCESS ACQ.TRADE_HAS_SUCCESS"
    ),
    ("渠道没有这笔交易", "The channel knows no such trade"): (
        "ORDER_NOT_EXIST ORDERNOTEXIST TRADE_NOT_EXIST ACQ.TRADE_NOT_EXIST RESOURCE_NOT_EXISTS"
        " absent REFUNDNOTEXIST"
    ),
    ("交易状态不允许此操作", "The trade's state does not allow it"): (
        "TRADE_STATUS_ERROR ACQ.TRADE_STATUS_ERROR TRADE_HAS_FINISHED ACQ.TRADE_HAS_FINISHED"
        " REASON_TRADE_STATUS_INVALID REASON_ILLEGAL_STATUS TRADE_NOT_ALLOW_REFUND"
        " ACQ.TRADE_NOT_ALLOW_REFUND TRADE_CANCEL_TIME_OUT TRADE_SETTLE_ERROR"
    ),
    ("退款金额不正确", "The refund's amount does not fit"): (
        "REASON_TRADE_REFUND_FEE_ERR REFUND_FEE_MISMATCH REFUND_FEE_ERROR TOTAL_FEE_EXCEED"
        " REFUND_AMT_NOT_EQUAL_TOTAL ACQ.REFUND_AMT_NOT_EQUAL_TOTAL REFUND_CHARGE_ERROR"
    ),
    ("资金被冻结或受风控限制", "Frozen, or stopped by the channel's risk control"): (
        "REASON_TRADE_BEEN_FREEZEN RECEIVER_HIGH_RISK RISK_CONTROL SELLER_BEEN_BLOCKED"
        " ACQ.SELLER_BEEN_BLOCKED SECONDARY_MERCHANT_STATUS_ERROR RECEIVER_RECEIPT_LIMIT"
    ),
    ("商户没有此项权限或产品未签约", "The merchant may not do this at the channel"): (
        "NO_AUTH NOAUTH PRODUCT_UNSIGN ACQ.ACCESS_FORBIDDEN ACCESS_FORBIDDEN TYPE_NOT_SUPPORTED"
        " METHOD_NOT_SUPPORTED method_not_supported REFUNDALLOC_UNAUTH_LIMIT PARTNER_ERROR"
    ),
    ("商户号与应用不匹配或不存在", "The merchant and the app at the channel do not fit"): (
        "APPID_MCHID_NOT_MATCH MCH_NOT_EXISTS SELLER_NOT_EXIST SECONDARY_MERCHANT_NOT_MATCH"
        " SECONDARY_MERCHANT_ID_INVALID SECONDARY_MERCHANT_ID_BLANK"
        " SECONDARY_MERCHANT_ALIPAY_ACCOUNT_INVALID RISK_MERCHANT_IP_NOT_EXIST"
        " SECONDARY_MERCHANT_ISV_PUNISH_INDIRECT"
    ),
    ("签名或密钥不正确", "The signature or a key is wrong"): (
        "SIGN_ERROR SIGNERROR INVALID_SIGNATURE isv.invalid-signature"
    ),
    ("请求参数不被渠道接受", "The channel does not accept a parameter"): (
        "PARAM_ERROR INVALID_REQUEST INVALID_PARAMETER ACQ.INVALID_PARAMETER invalid_request"
        " SUB_GOODS_SIZE_MAX_COUNT PULL_MOBILE_CASHIER_FAIL"
    ),
    ("单号重复且内容不同", "The number is known with other content"): (
        "OUT_TRADE_NO_USED OUTTRADENOUSED DISCORDANT_REPEAT_REQUEST"
        " ACQ.DISCORDANT_REPEAT_REQUEST refund_mismatch"
    ),
    ("分账接收方不可用", "A receiver of the split cannot be used"): (
        "ROYALTY_RECEIVER_INVALID RECEIVER_REAL_NAME_NOT_VERIFIED ALLOC_AMOUNT_VALIDATE_ERROR"
        " REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST OVERDRAFT_ASSIGN_ACCOUNT_INVALID"
        " OVERDRAFT_AGREEMENT_NOT_MATCH ACCOUNT_ABNORMAL NO_RELATION short"
    ),
    ("退款异常，需人工处理", "The refund is stuck; people must decide"): "ABNORMAL abnormal",
    ("拒付申诉成功，款项已返还商户", "The dispute was won; the merchant has the money again"): (
        "dispute_won"
    ),
    ("可退金额不足", "More than is left to refund"): "refund_exceeds_paid",
    (
        "这笔支付没有成功，或退款次数已满",
        "The payment has not succeeded, or has had too many refunds",
    ): ("payment_not_refundable"),
    ("渠道所述已有变化", "The channel says something else by now"): (
        "claim_changed version_changed"
    ),
    ("交易核心没有应答", "trade-core did not answer"): "overloaded internal",
    ("没有找到", "Not found"): "not_found",
    ("渠道账户已停用", "The channel account is disabled"): "channel_account_disabled",
    ("须上传渠道账单", "People upload the statements of this channel"): "to_upload",
    ("渠道的应答不是账单", "The channel answered with something else"): "senseless",
    ("账单为空，而当日有入账", "Empty, though something was booked on that day"): "empty",
    ("其他原因", "Another reason"): "other",
}


def _texts() -> Iterator[tuple[str, tuple[str, str]]]:
    for words, codes in _WORDS.items():
        for code in codes.split():
            yield f"failure.{code}", words


TEXTS: Final[dict[str, tuple[str, str]]] = dict(_texts())
