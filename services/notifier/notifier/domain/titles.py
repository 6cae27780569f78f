"""The titles of alerts in Chinese, by the beginning of their keys; `docs/alerts.md` has them all.

An alert carries its title in English. A test holds that each has one here.
"""

from typing import Final

TITLES: Final = {
    "alert.route_failed:": "商户的告警通道不可用",
    "certificate:": "证书即将到期或已到期",
    "channel.circuit:": "渠道账户连续无应答，已熔断",
    "channel.failing:": "渠道成功率下降",
    "channel.login:": "钱包无法识别付款人，页面不能付款",
    "channel.unclear:": "渠道长时间未告知结果",
    "channel:unlisted-code:": "渠道返回了未收录的代码",
    "channel:unsigned-answer:": "渠道应答未签名",
    "command:unreadable": "渠道指令无法读取",
    "configuration.unproven:": "配置记录未经商户管理签名",
    "configuration:": "部分配置无法使用",
    "consumer.behind:": "服务消费事件落后",
    "consumer.blocked:": "服务无法处理事件",
    "consumer.failing:": "事件处理反复失败",
    "delivery.exhausted:": "应用一周内未收到回调",
    "due.behind": "到期任务积压",
    "endpoint.held:": "回调地址无应答，已暂停试探",
    "endpoint.suspended:": "回调地址已停用",
    "event.parked:": "通知服务有记录无法使用",
    "http.failing:": "大量请求失败",
    "http.slow:": "大量请求缓慢",
    "kafka.silent:": "Kafka 无应答",
    "ledger_check_failed": "夜间对账发现账目不符",
    "ledger_check_missing": "夜间账目检查未运行",
    "loop.crashed:": "后台任务反复崩溃",
    "merchant.failing:": "商户成功率下降",
    "notice:not-understood:": "渠道通知内容无法识别",
    "notice:unknown-number:": "渠道通知的单号不存在",
    "order.amount:": "旧金额的支付已到账",
    "outbox.dead:": "Kafka 永久拒收的事件",
    "outbox.stuck:": "事件未能送达 Kafka",
    "payment.closed_after_success:": "渠道关闭了已支付的交易",
    "payment.conflicted:": "渠道金额与账簿不符",
    "payment.duplicate:": "重复支付，自动退款中",
    "payment.late:": "逾期支付，自动退款中",
    "payment.paid_before_reversal:": "撤销前的支付成功，再次查询中",
    "payment.refunded_outside:": "渠道侧有金额未知的退款",
    "payment.second_trade:": "一笔支付出现第二个渠道单号",
    "read_model.parked:": "商户管理有记录无法使用",
    "reconciliation.differs:": "对账有差异",
    "reconciliation.no_bill:": "渠道未提供对账单",
    "record.unproven:": "记录无法证明来源",
    "refund.abnormal:": "退款异常",
    "refund.contradicted:": "渠道对退款结果前后矛盾",
    "refund.external:": "渠道侧发生退款，已入账",
    "refund.external_exceeds:": "渠道侧退款超过可退金额",
    "refund.failed:": "退款失败",
    "refund.returned_twice:": "退款被重复退回",
    "replica.unfit:": "副本无法工作",
    "result.parked:": "渠道结果无法入账",
    "service.away:": "服务无应答",
    "service.errors:": "服务发生未预期的错误",
    "signature.notices:": "渠道通知验签失败",
    "signature.requests:": "应用请求验签失败",
    "split.failed:": "分账有接收方失败",
    "split.impossible:": "实付金额不足以分账",
}


def chinese(key: str) -> str | None:
    """The title of an alert with this key; None where it has none here."""
    known = [beginning for beginning in TITLES if key.startswith(beginning)]
    return TITLES[max(known, key=len)] if known else None
