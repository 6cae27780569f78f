"""What the page says, in 简体中文 and in English."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("收银台", "Checkout"),
    "pay_to": ("付款给", "Pay to"),
    "order_no": ("订单号", "Order"),
    "choose": ("请选择支付方式", "Choose how to pay"),
    "pay_now": ("立即支付", "Pay now"),
    "other_ways": ("换一种支付方式", "Pay another way"),
    "last_used": ("上次使用", "Last used"),
    "no_offers": ("该商户暂无可用的支付方式。", "This merchant has no way to pay at the moment."),
    "no_offers.hint": (
        "没有扣款。请稍后再打开本页，或联系商户。",
        "Nothing was taken. Please open this page again later, or ask the merchant.",
    ),
    "aggregated": (
        "用手机微信、支付宝或相机扫码付款",
        "Scan with WeChat, Alipay or your phone's camera",
    ),
    "on_this_device": ("就在这台设备上付款", "Pay on this device"),
    "by_code": ("用另一部手机扫码付款", "Scan with another phone"),
    "scan": ("请用手机扫码付款", "Scan with your wallet to pay"),
    "go": ("去支付", "Go and pay"),
    "go.ask": ("付款完成了吗？", "Have you paid?"),
    "go.done": ("已完成支付", "I have paid"),
    "bridge": ("请在钱包中完成支付", "Please complete the payment in your wallet"),
    "bridge.again": ("继续支付", "Continue to pay"),
    "bridge.away": (
        "支付没有打开，请重试或换一种方式。",
        "The payment did not open. Please try again or use another way.",
    ),
    "bridge.asked": (
        "正在向渠道确认支付结果…",
        "We are asking the channel for the result…",
    ),
    "renew.code": ("二维码已过期", "The code has expired"),
    "renew.call": ("支付请求已过期", "The request to pay has expired"),
    "renew.hint": (
        "如已付款，请勿重复付款，到账后本页会自动更新。",
        "If you have paid, please do not pay again; this page tells as soon as the money arrives.",
    ),
    "renew.get": ("重新获取", "Get a new one"),
    "unopened": (
        "上一次没有打开，请重新选择",
        "It did not open. Please choose again",
    ),
    "unopened.hint": (
        "重新选择时，先前的支付会先关闭，不会重复扣款。",
        "You will not pay twice: the former attempt is closed first when you choose again.",
    ),
    "attempts_over": (
        "这笔订单的支付尝试次数已达上限，不能再换支付方式。如无法完成当前的支付，请回到商户重新发起。",
        "This order has had as many attempts as it may, so there is no other way to pay. If the "
        "present one cannot be completed, please start again at the merchant.",
    ),
    "exhausted": ("支付尝试次数已达上限", "No further attempt to pay"),
    "exhausted.hint": (
        "不能再在此支付这笔订单。如需付款，请回到商户重新发起。",
        "This order has had as many attempts as it may. To pay, please start again at the "
        "merchant.",
    ),
    "elsewhere": ("正在另一台设备上支付", "Being paid on another device"),
    "elsewhere.hint": (
        "您可以在那里继续；也可以改在这里支付，先前的支付会先关闭。",
        "You can go on there, or pay here instead: the former attempt is closed first.",
    ),
    "elsewhere.over": (
        "您可以在那里继续付款。",
        "You can go on there.",
    ),
    "elsewhere.begun": ("已开始的支付", "What was begun"),
    "carry": ("在浏览器中打开", "Open it in a browser"),
    "carry.here": (
        "此处无法直接付款。请复制链接到手机浏览器打开，或保存二维码用微信、支付宝扫码。",
        "It cannot be paid here. Copy the link into your phone's browser, or keep the code and "
        "scan it with WeChat or Alipay.",
    ),
    "carry.more": ("其他支付方式", "Other ways to pay"),
    "carry.link": ("付款链接", "Payment link"),
    "carry.copy": ("复制链接", "Copy the link"),
    "carry.copied": ("已复制", "Copied"),
    "carry.code": ("付款二维码，长按保存", "Payment code, press and hold to save"),
    "wait": ("正在确认支付结果，请稍候…", "We are confirming your payment, please wait…"),
    "wait.hint": (
        "请勿重复付款，本页会自动更新。",
        "Please do not pay twice; this page updates by itself.",
    ),
    "unconfirmed": (
        "尚未收到渠道的付款确认。如刚刚付过，请稍候，本页会自动更新。",
        "The channel has not confirmed a payment yet. If you have just paid, please wait; this "
        "page updates by itself.",
    ),
    "wait.ask": ("查询支付结果", "Ask for the result"),
    "asking": (
        "时间已到，正在向渠道确认是否已付款，请勿重复付款",
        "Time is up. We are asking the channel whether you have paid. Please do not pay again",
    ),
    "asking.hint": (
        "有结果后本页会自动更新。",
        "This page updates by itself as soon as there is an answer.",
    ),
    "expired": ("支付时间已到", "The time to pay is over"),
    "expired.hint": (
        "不能再选择支付方式。如需付款，请回到商户重新发起。",
        "No way to pay can be chosen any more. To pay, please start again at the merchant.",
    ),
    "paid": ("支付成功", "Paid"),
    "partly_refunded": ("支付成功，已部分退款", "Paid, partly refunded"),
    "returning": ("款项正在退回", "Your money is on its way back"),
    "returning.hint": (
        "这笔款项没有计入订单，将按原路退回。如果没有到账，请联系商户。",
        "It was not taken for the order, and goes back the way it came. Should it not arrive, "
        "please ask the merchant.",
    ),
    "refunded": ("已全额退款", "Refunded in full"),
    "refunded.hint": ("款项按原路退回。", "The money went back the way it came."),
    "failed": ("支付失败", "Payment failed"),
    "failed.hint": (
        "没有扣款，可以换一种方式再试。",
        "Nothing was taken. You may try another way.",
    ),
    "closed": ("订单已关闭", "The order is closed"),
    "closed.hint": (
        "如果您刚刚付过款，到账后本页会自动更新，请勿重复付款。",
        "If you have just paid, this page will tell as soon as the money arrives. Please do not "
        "pay again.",
    ),
    "closed.untouched": (
        "没有扣款；如需付款，请联系商户重新发起。",
        "Nothing was taken. To pay, please ask the merchant to start again.",
    ),
    "conflicted": (
        "正在核对您的付款，请勿再次支付",
        "We are checking your payment, please do not pay again",
    ),
    "conflicted.hint": (
        "收到的款项与订单不一致，商户会尽快处理。",
        "What was received differs from the order. The merchant will look into it.",
    ),
    "overtaken": (
        "这里选择的支付方式已关闭，请勿再用它付款。您已在别处改选：",
        "The way chosen here was closed; do not use it any more. Chosen elsewhere instead:",
    ),
    "twice": (
        "您重复支付了这笔订单，多付的款项会原路退回。",
        "You paid this order twice. What was paid too much goes back the way it came.",
    ),
    "receipt": ("付款凭证", "Receipt"),
    "receipt.merchant": ("收款方", "Merchant"),
    "receipt.amount": ("金额", "Amount"),
    "receipt.paid_at": ("付款时间", "Paid at"),
    "receipt.channel": ("支付方式", "Paid by"),
    "receipt.merchant_order_no": ("商户订单号", "Order number"),
    "receipt.payment_no": ("支付流水号", "Payment number"),
    "receipt.channel_trade_no": ("渠道交易号", "Channel's number"),
    "receipt.print": ("保存或打印", "Save or print"),
    "refunds": ("退款", "Refunds"),
    "refund.processing": ("退款处理中", "Refund in progress"),
    "refund.succeeded": ("已退款", "Refunded"),
    "refund.failed": ("退款未成功", "Refund failed"),
    "refund.abnormal": ("退款异常，商户处理中", "Refund held up, the merchant is on it"),
    "cause.duplicate": ("重复支付", "paid twice"),
    "cause.late": ("超时支付", "paid too late"),
    "left": ("剩余支付时间", "Time left"),
    "left.days": ("{days} 天 {hours} 小时", "{days} d {hours} h"),
    "until": ("请在此之前支付", "Pay before"),
    "beijing_time": ("北京时间", "Beijing time"),
    "return": ("返回商户", "Back to the merchant"),
    "landing": ("请回到商户处查看付款结果", "Go back to the merchant to see the result"),
    "landing.hint": (
        "如刚刚付过款，请勿重复付款。本页可以关闭。",
        "If you have just paid, please do not pay again. You may close this page.",
    ),
    "lost": ("没有找到这笔付款", "There is no such payment"),
    "lost.hint": ("请检查链接是否完整。", "Please check that the link is complete."),
    "busy": ("系统繁忙", "We are busy"),
    "busy.hint": ("请稍候，本页会自动重试。", "Please wait, this page tries again by itself."),
    "too_often": ("操作太频繁", "Too many attempts"),
    "too_often.hint": (
        "请稍等几秒再试。",
        "Please wait a few seconds before you try again.",
    ),
    "back_to_page": ("返回收银台", "Back to the checkout"),
    "point.amount": ("请输入金额（{currency_zh}）", "Enter the amount ({currency})"),
    "point.range": ("可付 {least} 至 {most}", "From {least} to {most}"),
    "point.choose": ("请选择金额", "Choose the amount"),
    "point.keypad": ("数字键盘", "Keypad"),
    "point.dot": ("小数点", "Decimal point"),
    "point.back": ("退格", "Delete the last digit"),
    "point.note": ("备注（选填）", "Note (optional)"),
    "point.limit": (
        "今日收款额度已满，或余额不足这笔付款。没有扣款，请联系商户。",
        "What this code may take today does not suffice for it. Nothing was taken; please ask the "
        "merchant.",
    ),
    "point.amount_wrong": (
        "请输入 {least} 至 {most} 之间的金额，最多 {decimals} 位小数。",
        "Please enter an amount from {least} to {most}, with {decimals} decimals at most.",
    ),
    "point.whole_amount_wrong": (
        "请输入 {least} 至 {most} 之间的金额，不带小数。",
        "Please enter an amount from {least} to {most}, without decimals.",
    ),
    "point.amount_not_taken": (
        "该金额或币种暂时无法在此支付。没有扣款，请换一个金额，或联系商户。",
        "This amount or currency cannot be paid here. Nothing was taken. Please try another "
        "amount, or ask the merchant.",
    ),
    "point.choice_wrong": ("请选择一个金额。", "Please choose one of the amounts."),
    "point.used": ("这笔付款已完成", "This was paid already"),
    "point.used.hint": (
        "该链接只用于一笔付款，无需再付。",
        "The link is for one payment only. There is nothing more to pay.",
    ),
    "point.expired": ("付款链接已过期", "The payment link has expired"),
    "point.expired.hint": (
        "没有扣款。如需付款，请向商户索取新的链接。",
        "Nothing was taken. To pay, please ask the merchant for a new link.",
    ),
    "point.disabled": ("该付款入口已停用", "It is not possible to pay here any more"),
    "point.disabled.hint": (
        "如需付款，请联系商户。",
        "To pay, please contact the merchant.",
    ),
    "point.begun": ("查看已开始的付款", "See the payment that was begun"),
    "refusal.declined": (
        "该支付方式未能受理，请换一种试试。",
        "That way of paying was declined. Please try another one.",
    ),
    "refusal.not_sent": (
        "该支付方式暂时不可用，请换一种试试。",
        "That way of paying is not available now. Please try another one.",
    ),
    "refusal.not_here": (
        "该支付方式不能在这里使用，请换一种试试。",
        "That way of paying does not work here. Please try another one.",
    ),
    "refusal.payer_unknown": (
        "没有得到钱包的授权，尚未付款。请重试，或换一种方式。",
        "The wallet did not authorise us, and nothing was paid. Please try again or another way.",
    ),
    "refusal.unknown": (
        "正在与支付渠道确认，请稍候。",
        "We are asking the channel. Please wait a moment.",
    ),
    "refusal.payment_in_progress": (
        "上一次选择还在处理，请稍候再试。",
        "Your former choice is still in progress. Please try again in a moment.",
    ),
    "refusal.payment_conflicted": (
        "正在核对您的付款，请勿再次支付。",
        "We are checking your payment. Please do not pay again.",
    ),
    "refusal.rate_limited": (
        "操作太快，没有改选。请稍等几秒再选择。",
        "That was too fast, and nothing was changed. Please choose again in a few seconds.",
    ),
    "refusal.attempts_over": (
        "这笔订单的支付尝试次数已达上限，没有改选。请继续使用当前支付方式，或回到商户重新发起。",
        "This order has had as many attempts as it may, and nothing was changed. Please use the "
        "present one, or start again at the merchant.",
    ),
    "refusal.order_closed": ("该订单不能再支付。", "This order cannot be paid any more."),
    "refusal.order_paid": ("该订单已支付。", "This order is paid."),
    "refusal.overloaded": ("系统繁忙，请稍候再试。", "We are busy. Please try again in a moment."),
    "refusal.internal": ("系统繁忙，请稍候再试。", "We are busy. Please try again in a moment."),
}

REFUSALS: Final = frozenset(
    key.removeprefix("refusal.") for key in TEXTS if key.startswith("refusal.")
)

POINT_REFUSALS: Final = {
    "amount": "point.amount_wrong",
    "declined": "refusal.declined",
    "invalid_request": "point.limit",
    "not_sent": "refusal.not_sent",
    "unknown": "refusal.unknown",
    "method_not_supported": "no_offers",
    "channel_account_disabled": "no_offers",
    "overloaded": "refusal.overloaded",
    "internal": "refusal.internal",
}
"""What the page of a payment link says of each refusal."""
