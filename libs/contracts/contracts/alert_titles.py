"""The titles of alerts in Chinese and in English, by the beginning of their keys: their kinds.

`docs/alerts.md` has them all; a test holds that each has one here.
"""

from typing import Final

TITLES: Final[dict[str, tuple[str, str]]] = {
    "alert.route_failed:": ("商户的告警通道不可用", "A merchant's alert route does not work"),
    "approval.one_hand:": (
        "同意者的账号由申请人开通",
        "Who asked had given access to the account that agreed",
    ),
    "certificate:": ("证书即将到期或已到期", "A certificate ends soon, or has ended"),
    "channel.circuit:": ("渠道账户连续无应答，已熔断", "A channel account does not answer"),
    "channel.failing:": ("渠道成功率下降", "Payments at a channel do not work"),
    "channel.login:": (
        "钱包无法识别付款人，页面不能付款",
        "A wallet does not tell who the payer is",
    ),
    "channel.unclear:": ("渠道长时间未告知结果", "A channel does not say what became of it"),
    "channel:unlisted-code:": (
        "渠道返回了未收录的代码",
        "A channel answered with an unlisted code",
    ),
    "channel:unsigned-answer:": ("渠道应答未签名", "A channel's answer was not signed"),
    "command:unreadable": ("渠道指令无法读取", "A channel command cannot be read"),
    "configuration.unkept:": ("配置未能保存到磁盘", "The configuration is not kept on disk"),
    "configuration.unproven:": (
        "配置记录未经商户管理签名",
        "Configuration that merchant-admin did not sign",
    ),
    "configuration:": ("部分配置无法使用", "A part of the configuration cannot be used"),
    "consumer.behind:": ("服务消费事件落后", "A service does not keep up with its events"),
    "consumer.blocked:": ("服务无法处理事件", "A service cannot apply its events"),
    "consumer.failing:": ("事件处理反复失败", "Events cannot be applied at the moment"),
    "delivery.exhausted:": ("应用一周内未收到回调", "An app could not be told"),
    "due.behind": ("到期任务积压", "Due work is behind"),
    "endpoint.held:": ("回调地址无应答，已暂缓投递", "A callback address does not answer"),
    "endpoint.suspended:": ("回调地址已停用", "A callback address was suspended"),
    "event.parked:": ("通知服务有记录无法使用", "The notifier could not use a record"),
    "http.failing:": ("大量请求失败", "Many requests fail"),
    "http.slow:": ("大量请求缓慢", "Many requests are slow"),
    "kafka.silent:": ("Kafka 无应答", "Kafka does not answer"),
    "ledger_check_failed": ("夜间对账发现账目不符", "The books disagree"),
    "ledger_check_missing": ("夜间账目检查未运行", "The nightly check of the books has not run"),
    "loop.crashed:": ("后台任务反复崩溃", "Background work keeps crashing"),
    "merchant.failing:": ("商户成功率下降", "Payments of a merchant do not work"),
    "notice:another-receiver:": (
        "通知说的是别人的收款",
        "A notification is about money of somebody else",
    ),
    "notice:not-understood:": (
        "渠道通知内容无法识别",
        "A channel tells something that we do not know",
    ),
    "notice:unknown-number:": (
        "渠道通知的单号不存在",
        "A channel speaks of a payment that is not on file",
    ),
    "order.amount:": ("旧金额的支付已到账", "An order was paid with its former amount"),
    "event_days.behind:": (
        "事件日志的日表未按时开启或清理",
        "Days of the event log are neither opened nor dropped",
    ),
    "outbox.dead:": ("Kafka 永久拒收的事件", "Events that Kafka refuses for good"),
    "outbox.stuck:": ("事件未能送达 Kafka", "Events do not reach Kafka"),
    "payment.closed_after_success:": (
        "渠道关闭了已支付的交易",
        "A paid payment was closed at its channel",
    ),
    "payment.conflicted:": ("渠道金额与账簿不符", "A payment is in conflict with its channel"),
    "payment.duplicate:": ("重复支付，自动退款中", "A duplicate payment is being returned"),
    "payment.late:": ("逾期支付，自动退款中", "A late payment is being returned"),
    "payment.paid_before_reversal:": (
        "撤销前的支付成功，再次查询中",
        "A payment was said to be paid that had been given back",
    ),
    "payment.refunded_outside:": (
        "渠道侧有金额未知的退款",
        "Money went back at a channel, nobody knows how much",
    ),
    "payment.second_trade:": (
        "一笔支付出现第二个渠道单号",
        "A channel names a second trade of one payment",
    ),
    "read_model.parked:": (
        "商户管理有记录无法使用",
        "The search of merchant-admin could not use a record",
    ),
    "reconciliation.differs:": ("对账有差异", "A channel statement and the books differ"),
    "reconciliation.no_bill:": ("渠道未提供账单", "A channel does not give its statement"),
    "record.unproven:": ("记录无法证明来源", "A record that does not prove its writer"),
    "refund.abnormal:": ("退款异常", "A refund is abnormal"),
    "refund.contradicted:": (
        "渠道对退款结果前后矛盾",
        "A channel contradicts itself about a refund",
    ),
    "refund.disputed:": (
        "持卡人银行拒付，款项已被扣回",
        "The payer's bank took money back (dispute)",
    ),
    "refund.external:": ("渠道侧发生退款，已入账", "A payment was refunded outside the centre"),
    "refund.external_exceeds:": (
        "渠道侧退款超过可退金额",
        "More went back at a channel than the books can hold",
    ),
    "refund.failed:": ("退款失败", "A refund failed"),
    "refund.less_went_back:": (
        "渠道所述退款少于入账金额",
        "A channel says that less went back than is booked",
    ),
    "refund.more_went_back:": (
        "渠道所述退款多于入账金额",
        "A channel says that more went back than is booked",
    ),
    "refund.returned_twice:": ("退款被重复退回", "A refund reached the payer twice"),
    "replica.unfit:": ("副本无法工作", "A replica cannot do its work"),
    "result.foreign_account:": (
        "账户所述的支付不属于它",
        "An account speaks of a payment that is not its own",
    ),
    "result.trade_settles_another:": (
        "渠道用同一单号指两笔支付",
        "A channel names one trade for two payments",
    ),
    "result.parked:": ("渠道结果无法入账", "A channel's result could not be applied"),
    "service.away:": ("服务无应答", "A service does not answer"),
    "service.errors:": ("服务发生未预期的错误", "Unexpected errors in a service"),
    "signature.notices:": ("渠道通知验签失败", "Webhooks of a channel cannot be verified"),
    "signature.requests:": ("应用请求验签失败", "Requests of an app are refused"),
    "split.failed:": ("分账有接收方失败", "A split with the payment failed"),
    "split.impossible:": ("实付金额不足以分账", "A payment cannot be split as it was asked for"),
}


def kind_of(key: str) -> str | None:
    """The longest beginning that has a title; None where none has."""
    known = [beginning for beginning in TITLES if key.startswith(beginning)]
    return max(known, key=len) if known else None


def chinese(key: str) -> str | None:
    """The title of an alert with this key; None where it has none here."""
    kind = kind_of(key)
    return TITLES[kind][0] if kind else None
