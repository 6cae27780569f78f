"""What the pages say, in 简体中文 and in English."""

from typing import Final, Literal

Language = Literal["zh", "en"]

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Paymesh 商户管理", "Paymesh Admin"),
    "merchants": ("商户", "Merchants"),
    "orders": ("订单", "Orders"),
    "payments": ("支付流水", "Payments"),
    "refunds": ("退款", "Refunds"),
    "log_in": ("登录", "Log in"),
    "log_out": ("退出", "Log out"),
    "username": ("用户名", "User name"),
    "password": ("密码", "Password"),
    "wrong_password": ("用户名或密码不正确。", "The name or the password is wrong."),
    "too_many_logins": (
        "登录失败次数过多，请稍后再试。",
        "Too many failed logins. Please wait a few minutes.",
    ),
    "search": ("搜索", "Search"),
    "search_hint": (
        "商户订单号、支付流水号、渠道交易号或退款号",
        "Order, payment, channel trade or refund number",
    ),
    "state": ("状态", "State"),
    "any_state": ("全部状态", "Any state"),
    "nothing_found": ("没有找到记录。", "Nothing found."),
    "older": ("下一页", "Older"),
    "newest": ("回到最新", "Newest"),
    "beijing_time": ("时间均为北京时间", "All times are Beijing time (UTC+8)"),
    "created_at": ("创建时间", "Created"),
    "paid_at": ("支付时间", "Paid"),
    "refunded_at": ("退款时间", "Refunded at"),
    "expires_at": ("过期时间", "Expires"),
    "name": ("名称", "Name"),
    "merchant": ("商户", "Merchant"),
    "merchant_id": ("商户标识", "Merchant id"),
    "app_id": ("应用标识", "App id"),
    "payment_id": ("支付标识", "Channel account"),
    "subject": ("商品说明", "Subject"),
    "amount": ("金额", "Amount"),
    "amount_paid": ("已付金额", "Paid"),
    "amount_refunded": ("已退金额", "Refunded"),
    "channel": ("渠道", "Channel"),
    "method": ("调起方式", "Method"),
    "merchant_order_no": ("商户订单号", "Merchant order no."),
    "payment_no": ("支付流水号", "Payment no."),
    "channel_trade_no": ("渠道交易号", "Channel trade no."),
    "refund_no": ("退款号", "Refund no."),
    "merchant_refund_no": ("商户退款号", "Merchant refund no."),
    "three_numbers": ("三号", "The three numbers"),
    "failure": ("失败原因", "Failure"),
    "reason": ("退款原因", "Reason"),
    "delivery": ("回调通知", "Callback"),
    "delivery_none": ("尚无结果", "Nothing heard yet"),
    "attempts": ("次", "attempts"),
    "not_found": ("没有找到这个页面。", "There is no such page."),
    "back": ("返回", "Back"),
    "state.active": ("启用", "Active"),
    "state.disabled": ("停用", "Disabled"),
    "state.initiating": ("发起中", "Initiating"),
    "state.pending": ("待支付", "Pending"),
    "state.unknown": ("未知", "Unknown"),
    "state.succeeded": ("成功", "Succeeded"),
    "state.failed": ("失败", "Failed"),
    "state.closed": ("已关闭", "Closed"),
    "state.conflicted": ("异常待查", "Conflicted"),
    "state.open": ("待支付", "Open"),
    "state.paid": ("已支付", "Paid"),
    "state.processing": ("处理中", "Processing"),
    "state.abnormal": ("退款异常", "Abnormal"),
    "state.delivered": ("已送达", "Delivered"),
    "state.exhausted": ("未送达", "Not delivered"),
    "channel.alipay": ("支付宝", "Alipay"),
    "channel.wechat": ("微信支付", "WeChat Pay"),
    "channel.easy": ("易生支付", "EasyPay"),
    "channel.stripe": ("Stripe", "Stripe"),
    "channel.unionpay": ("银联", "UnionPay"),
    "channel.sandbox": ("沙箱", "Sandbox"),
    "method.native": ("扫码", "QR code"),
    "method.jsapi": ("公众号", "JSAPI"),
    "method.mini_program": ("小程序", "Mini program"),
    "method.app": ("App", "App"),
    "method.h5": ("H5", "H5"),
    "method.pc": ("电脑网站", "Web page"),
    "method.barcode": ("付款码", "Payment code"),
    "method.cashier": ("收银台", "Cashier"),
}


class Words:
    """The texts of one language; a name without a text (a new channel) is its own text."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._column = 0 if language == "zh" else 1

    def __call__(self, key: str) -> str:
        pair = TEXTS.get(key)
        return pair[self._column] if pair else key.rpartition(".")[2]


def language_of(asked: str | None, kept: str | None, accepted: str) -> Language:
    """`?lang=` wins over the cookie, the cookie over Accept-Language; Chinese is the default."""
    for wish in (asked, kept, *_preferred(accepted)):
        if wish and wish.lower().startswith("zh"):
            return "zh"
        if wish and wish.lower().startswith("en"):
            return "en"
    return "zh"


def _preferred(accepted: str) -> list[str]:
    """The languages of an Accept-Language header, the best first."""
    weighed = []
    for part in accepted.split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        weighed.append((_weight(parameter), tag))
    return [tag for weight, tag in sorted(weighed, key=lambda item: -item[0]) if weight > 0]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
