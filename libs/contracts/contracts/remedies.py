"""Each error code explained to the people who meet it: why it comes, and what to do, twice told."""

from dataclasses import dataclass
from typing import Final

from contracts.codes import Code


@dataclass(frozen=True, slots=True)
class Remedy:
    """`cause`: why it comes; `what_to_do`: what the app does then."""

    cause: str
    what_to_do: str
    cause_zh: str
    what_to_do_zh: str


REMEDIES: Final[dict[Code, Remedy]] = {
    Code.INVALID_REQUEST: Remedy(
        "A field is missing, of a wrong form, or not known; `errors` names each, unless it is the "
        "body as a whole (no JSON object, a key twice, `NaN`, too deep). 400 where not even HTTP "
        "could be read",
        "Correct the fields; the same request again is refused again",
        "字段缺失、格式不对或不存在；`errors` 逐一指出，请求体整体有误时除外"
        "（不是 JSON 对象、键重复、`NaN`、嵌套过深）。连 HTTP 都无法解析时为 400",
        "按 `errors` 改正；原样重发仍会被拒绝",
    ),
    Code.BODY_TOO_LARGE: Remedy(
        "The body is longer than 64 KiB",
        "Send less; `metadata` is for 4 KiB at most",
        "请求体超过 64 KiB",
        "减少内容；`metadata` 最多 4 KiB",
    ),
    Code.UNSUPPORTED_MEDIA_TYPE: Remedy(
        "The body is not `application/json`",
        "Send JSON with `Content-Type: application/json`",
        "请求体不是 `application/json`",
        "发送 JSON，并带 `Content-Type: application/json`",
    ),
    Code.UNAUTHENTICATED: Remedy(
        "The signature, key, time (± 300 s), nonce, certificate or address does not fit; which of "
        "them is never told",
        "Compare the five signed lines, byte by byte; look at your clock; never reuse a nonce. The "
        "console's signature inspector names the line that differs",
        "签名、密钥、时间（± 300 秒）、nonce、证书或来源地址之一不符；出于安全不说明是哪一项",
        "逐字节核对五行签名串，检查时钟，不要重复使用 nonce；控制台的签名检查会指出不同的一行",
    ),
    Code.NOT_FOUND: Remedy(
        "There is no such thing, or it is not of your app's merchants. 405 where the address does "
        "not know the method (`Allow` names those it does)",
        "Check the number, the merchant and the method",
        "不存在，或不属于本应用的商户。地址不支持该方法时为 405（`Allow` 列出可用方法）",
        "核对编号、商户与方法",
    ),
    Code.METHOD_NOT_SUPPORTED: Remedy(
        "The channel account does not offer this `method`, currency or split",
        "Ask `GET /v1/capabilities` what it does offer",
        "该支付标识不支持此调起方式、币种或分账",
        "用 `GET /v1/capabilities` 查询支持什么",
    ),
    Code.CHANNEL_ACCOUNT_DISABLED: Remedy(
        "The channel account was disabled in the console",
        "Use another account, or have it enabled",
        "该支付标识已在控制台停用",
        "换用其他支付标识，或请运营启用",
    ),
    Code.TOO_SOON: Remedy(
        "The same order was initiated less than 15 seconds ago with other content",
        "Wait for `Retry-After`; then a new attempt replaces the first",
        "15 秒内以不同内容再次发起同一订单",
        "等待 `Retry-After` 秒后再发；新的一笔会取代前一笔",
    ),
    Code.PAYMENT_IN_PROGRESS: Remedy(
        "The same request is still being sent to the channel",
        "Send the same request again after a second",
        "同一请求仍在向渠道发起中",
        "一秒后原样重发",
    ),
    Code.ORDER_PAID: Remedy(
        "The order is paid; nobody shall pay it twice",
        "Show the payer that it is paid; `payment` has the numbers",
        "订单已支付，不会让人重复付款",
        "提示付款人已支付；`payment` 中有三号",
    ),
    Code.ORDER_CLOSED: Remedy(
        "The order was closed, or its time is over",
        "Open an order of another number",
        "订单已关闭或已过期",
        "用新的订单号下单",
    ),
    Code.PAYMENT_NOT_REFUNDABLE: Remedy(
        "The payment is not paid, or not in a state to be refunded or split; or it has had 200 "
        "refunds (500 with those that failed)",
        "Query the payment; refund it when it is `succeeded`, in no more than 200 parts",
        "该笔未支付成功，或当前状态不能退款、分账；或已退款 200 次（含失败的 500 次）",
        "先查询，待 `succeeded` 后再退；一笔支付最多分 200 次退",
    ),
    Code.REFUND_EXCEEDS_PAID: Remedy(
        "More is asked for than is left after all refunds, those under way included",
        "Refund what is left: `amount - amount_refunded` less what is processing",
        "超过剩余可退金额（含处理中的退款）",
        "只退剩余部分：`amount - amount_refunded`，再减去处理中的退款",
    ),
    Code.REFUND_MISMATCH: Remedy(
        "Your number of the refund, split or link is known with other content",
        "Use a new number for something new; the same content for a repeat",
        "该商户退款号（分账号、链接的订单号）已用于不同内容",
        "新的业务用新编号；重试请保持内容一致",
    ),
    Code.SPLIT_EXCEEDS_PAID: Remedy(
        "More is to be split than is left after refunds and other splits",
        "Split what is left",
        "超过退款和其他分账后的剩余金额",
        "只分剩余部分",
    ),
    Code.PAYMENT_CONFLICTED: Remedy(
        "The channel speaks of other money than was asked for, or has kept what was to go back;"
        " people are looking at it",
        "Do not let the payer pay again; wait for the callback",
        "渠道所述款项与订单不符，或应退的款项尚未退回，正由人工核对",
        "不要让付款人再付；等待回调",
    ),
    Code.CURSOR_EXPIRED: Remedy(
        "The events behind the cursor are older than what is kept",
        "Compare by the lists or the statements, then go on from the cursor in the answer",
        "游标之前的事件已超过保存期",
        "用列表或日结单补齐，再从返回的游标继续",
    ),
    Code.DECLINED: Remedy(
        "The channel surely refused; `channel` has its words",
        "After `Retry-After` (15 seconds after the first) let the payer try another way, such as a"
        " new code",
        "渠道明确拒绝；`channel` 中有其原话",
        "过了 `Retry-After`（距第一次满 15 秒）再请付款人换一种方式，例如出示新的付款码",
    ),
    Code.NOT_SENT: Remedy(
        "The channel surely did nothing: it could not be reached, or its circuit is open",
        "After `Retry-After` (15 seconds after the first) send it again, or let the payer try"
        " another channel",
        "渠道肯定未受理：无法连接或已熔断",
        "过了 `Retry-After`（距第一次满 15 秒）再重试，或换一个渠道",
    ),
    Code.UNKNOWN: Remedy(
        "The channel did not answer in time, or not in a way that can be trusted",
        "Query the payment, and never pay the order under another number. Where it stays so, "
        "send the same order again once its 15 seconds are over",
        "渠道未及时或未可信地答复，结果未知",
        "查询该笔直到有结果，绝不换订单号重下；一直未知时，满 15 秒后用同一订单号原样重发",
    ),
    Code.RATE_LIMITED: Remedy(
        "Your app sends more requests in a second than it may",
        "Wait for `Retry-After`",
        "应用请求过于频繁",
        "等待 `Retry-After` 秒",
    ),
    Code.OVERLOADED: Remedy(
        "Too much is in flight, or the service is just starting",
        "Send it again after `Retry-After`, with the same numbers",
        "在途请求过多，或服务正在启动",
        "等待 `Retry-After` 秒后以相同编号重发",
    ),
    Code.INTERNAL: Remedy(
        "A fault of ours",
        "Send it again with the same numbers; if it stays, tell us the `request_id`",
        "我方故障",
        "以相同编号重发；持续出现请告知 `request_id`",
    ),
}
