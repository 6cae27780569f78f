"""What the page says, in 简体中文 and in English."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("收银台", "Checkout"),
    "pay_to": ("付款给", "Pay to"),
    "order_no": ("订单号", "Order"),
    "choose": ("请选择支付方式", "Choose how to pay"),
    "other_ways": ("换一种支付方式", "Pay another way"),
    "no_offers": ("该商户暂无可用的支付方式。", "This merchant has no way to pay at the moment."),
    "scan.wechat": ("请用微信扫一扫付款", "Scan with WeChat to pay"),
    "scan.alipay": ("请用支付宝扫一扫付款", "Scan with Alipay to pay"),
    "scan.other": ("请用手机扫码付款", "Scan with your wallet to pay"),
    "go": ("去支付", "Go and pay"),
    "wait": ("正在确认支付结果，请稍候…", "We are confirming your payment, please wait…"),
    "wait.hint": (
        "请勿重复付款，本页会自动更新。",
        "Please do not pay twice; this page updates by itself.",
    ),
    "paid": ("支付成功", "Paid"),
    "checking": ("支付结果核对中", "Being checked"),
    "checking.hint": (
        "商户会尽快核对，请勿重复付款。",
        "The merchant will look into it. Please do not pay twice.",
    ),
    "failed": ("支付失败", "Payment failed"),
    "failed.hint": (
        "没有扣款，请返回商户重试。",
        "Nothing was taken. Please go back to the merchant and try again.",
    ),
    "closed": ("订单已关闭", "The order is closed"),
    "closed.hint": (
        "订单已过期或被取消，请勿再付款。",
        "It has expired or was cancelled. Please do not pay any more.",
    ),
    "left": ("剩余支付时间", "Time left"),
    "until": ("请在此之前支付", "Pay before"),
    "beijing_time": ("北京时间", "Beijing time"),
    "return": ("返回商户", "Back to the merchant"),
    "lost": ("没有找到这笔付款", "There is no such payment"),
    "lost.hint": ("请检查链接是否完整。", "Please check that the link is complete."),
    "busy": ("系统繁忙", "We are busy"),
    "busy.hint": ("请稍后刷新本页。", "Please reload this page in a moment."),
    "channel.alipay": ("支付宝", "Alipay"),
    "channel.wechat": ("微信支付", "WeChat Pay"),
    "channel.easy": ("易生支付", "EasyPay"),
    "channel.stripe": ("银行卡", "Card"),
    "channel.unionpay": ("银联云闪付", "UnionPay"),
    "channel.sandbox": ("沙箱支付", "Sandbox"),
    "notice.declined": (
        "该支付方式未能受理，请换一种试试。",
        "That way of paying was declined. Please try another one.",
    ),
    "notice.not_sent": (
        "该支付方式暂时不可用，请换一种试试。",
        "That way of paying is not available now. Please try another one.",
    ),
    "notice.unknown": (
        "正在与支付渠道确认，请稍候。",
        "We are asking the channel. Please wait a moment.",
    ),
    "notice.payment_in_progress": (
        "上一次选择还在处理，请稍候再试。",
        "Your former choice is still in progress. Please try again in a moment.",
    ),
    "notice.order_closed": ("该订单不能再支付。", "This order cannot be paid any more."),
    "notice.order_paid": ("该订单已支付。", "This order is paid."),
    "notice.overloaded": ("系统繁忙，请稍候再试。", "We are busy. Please try again in a moment."),
}

NOTICES: Final = frozenset(
    key.removeprefix("notice.") for key in TEXTS if key.startswith("notice.")
)
