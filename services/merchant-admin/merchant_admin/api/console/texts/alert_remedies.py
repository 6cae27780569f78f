"""What an alert means and what to do about it, by its kind; `docs/alerts.md` has more."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "alert_remedy.alert.route_failed:": (
        "该商户自己的机器人或 Webhook 收不到告警；中心的人员已收到。请在商户设置中改正。",
        "Correct the merchant's own robot or webhook; the centre was told all the same.",
    ),
    "alert_remedy.approval.one_hand:": (
        "申请人七天内开通、邀请或重置过同意者的账号。请确认是两个人；否则停用账号并撤回所做的事。",
        "Ask both whether they are two people; if not, disable both accounts and undo it.",
    ),
    "alert_remedy.certificate:": (
        "请在到期之前登记新证书，与旧证书并用一段时间；到期后请求或回调会失败。",
        "Register a new one beside the old one before it ends.",
    ),
    "alert_remedy.channel.circuit:": (
        "连续 20 次调用无应答，暂停调用并定时试探。请查看渠道公告。",
        "Look at the channel's own notices; it is probed and comes back by itself.",
    ),
    "alert_remedy.channel.failing:": (
        "五分钟内至少 20 笔发起中有一半以上失败。请查看渠道公告。",
        "Look at the channel's own notices.",
    ),
    "alert_remedy.channel.login:": (
        "钱包不告知付款人是谁，钱包内的收银台无法付款。请核对账户的应用密钥与域名。",
        "Check the account's app secret and domain.",
    ),
    "alert_remedy.channel.unclear:": (
        "渠道十分钟内未告知结果，系统仍在查询。请向渠道询问。",
        "Ask the channel; the centre goes on asking by itself.",
    ),
    "alert_remedy.channel:unlisted-code:": (
        "结果按未知处理并继续查询。请开发人员将该代码补入对照表。",
        "It is taken for unknown. Have the code added to the table.",
    ),
    "alert_remedy.channel:unsigned-answer:": (
        "该应答不作为依据，按未知处理并继续查询。请向渠道询问。",
        "It was not believed. Ask the channel why it does not sign.",
    ),
    "alert_remedy.command:unreadable": (
        "请核对各服务的版本是否一致。",
        "Compare the versions of the services.",
    ),
    "alert_remedy.configuration.unkept:": (
        "Kafka 不可用时，该服务重启后将无法就绪。请看日志原因：磁盘已满，或配置超过上限。",
        "The log says why: the disk is full, or the configuration is larger than its limit.",
    ),
    "alert_remedy.configuration.unproven:": (
        "未采用任何内容。请查明谁能写入消息总线，并核对配置签名公钥。",
        "Nothing was applied. Find out who can write to the broker.",
    ),
    "alert_remedy.configuration:": (
        "该商户、应用、密钥或账户暂时无法使用。请在此重新保存一次。",
        "Save the merchant, app, key or account again.",
    ),
    "alert_remedy.consumer.behind:": (
        "待处理的记录超过一万条。请增加副本，或查明为何缓慢。",
        "Add replicas, or look why it is slow.",
    ),
    "alert_remedy.consumer.blocked:": (
        "连续十条记录都无法处理，服务已停止就绪。请看日志，多半是版本缺陷。",
        "The log names the error; the fault is probably in the release.",
    ),
    "alert_remedy.consumer.failing:": (
        "一分钟内有多批事件处理失败，正在重试。请看日志：数据库、锁或缺陷。",
        "The log says why: a database that is away, a lock, or our fault.",
    ),
    "alert_remedy.delivery.exhausted:": (
        "回调一周内始终未被接受，内容已保留。请联系应用人员，然后补发。",
        "Call the app's people, then replay.",
    ),
    "alert_remedy.due.behind": (
        "到期的查询已等待 30 秒，渠道未被及时询问。请查看负载，必要时增加副本。",
        "Look at the load of trade-core and its database; add a replica.",
    ),
    "alert_remedy.endpoint.held:": (
        "该地址连续失败，暂缓投递并定时试探，内容不会丢失。请留意。",
        "Watch it; nothing is lost.",
    ),
    "alert_remedy.endpoint.suspended:": (
        "该地址返回 410 或五天无成功，已停用，内容保留。请联系应用人员，然后恢复。",
        "Call the app's people, then resume it.",
    ),
    "alert_remedy.event.parked:": (
        "有记录无法读取或处理，已单独存放，其余照常。请查看 dead_event。",
        "Read dead_event; the rest goes on.",
    ),
    "alert_remedy.http.failing:": (
        "一分钟内有大量 5xx 应答。请看日志；渠道故障另有告警。",
        "The log of http.request has them.",
    ),
    "alert_remedy.http.slow:": (
        "一分钟内有大量请求超过 2.5 秒。请按路由查看耗时。",
        "Look at the time by route; a slow channel shows in its own measure.",
    ),
    "alert_remedy.kafka.silent:": (
        "Kafka 已 10 秒无应答；付款经 HTTP 继续，回调在等待。请恢复 Kafka。",
        "Bring Kafka back; payments go on by HTTP, callbacks wait.",
    ),
    "alert_remedy.ledger_check_failed": (
        "账目不一致。请查明原因，在此之前不要对外付款。",
        "Find out why before anything is paid out.",
    ),
    "alert_remedy.ledger_check_missing": (
        "夜间账目检查过了两小时仍未完成。请看交易核心的日志。",
        "Look at the log of trade-core, or run the check by hand.",
    ),
    "alert_remedy.loop.crashed:": (
        "后台任务崩溃后已重新启动。请看日志。",
        "The log of background.crashed has the error.",
    ),
    "alert_remedy.merchant.failing:": (
        "该商户五分钟内一半以上的发起失败。请核对其凭证与渠道签约。",
        "Check its credentials and its contract with the channel.",
    ),
    "alert_remedy.notice:another-receiver:": (
        "通知真实，但收款方不是本账户，未采信。收款方无误时请填入凭证，否则查明谁在使用该应用。",
        "Where the receiver is right, enter it with the credentials; else ask who uses the app.",
    ),
    "alert_remedy.notice:not-understood:": (
        "通知真实但内容未知，未确认接收，渠道会再次发送。请查看渠道的变更说明。",
        "Read the channel's changes; the log has the reason.",
    ),
    "alert_remedy.notice:unknown-number:": (
        "通知真实，但单号不在本中心。请查明还有谁在使用该账户。",
        "Ask who else uses the account.",
    ),
    "alert_remedy.order.amount:": (
        "较早的一笔按旧金额付了款。请与付款人结清差额。",
        "Settle the difference with the payer.",
    ),
    "alert_remedy.event_days.behind:": (
        "没有丢失任何内容，事件照常保存。请看日志了解原因。",
        "Nothing is lost; the log says what is in the way.",
    ),
    "alert_remedy.outbox.dead:": (
        "事件超过单条消息的上限（1 MiB），已放弃发布。请查看 event_dead 并报告缺陷。",
        "An event is larger than 1 MiB: see event_dead, and report it.",
    ),
    "alert_remedy.outbox.stuck:": (
        "最早的事件等待超过 10 秒。请查看 Kafka 与该服务的日志。",
        "Look at Kafka and the service's log.",
    ),
    "alert_remedy.payment.closed_after_success:": (
        "渠道曾告知已支付，随后又关闭。请向渠道查明款项在哪里。",
        "Look up at the channel where the money is.",
    ),
    "alert_remedy.payment.conflicted:": (
        "金额或币种与账簿不同，尚未入账。请与渠道核对，然后在订单页决定：接受、退回或忽略。",
        "Compare with the channel, then decide on the order's page: accept, refund or ignore.",
    ),
    "alert_remedy.payment.duplicate:": (
        "同一订单付了两次，后一笔正在全额退回。退款失败之前无需处理。",
        "Nothing, unless the refund fails.",
    ),
    "alert_remedy.payment.late:": (
        "逾期到账，按应用的设置正在全额退回。退款失败之前无需处理。",
        "Nothing, unless the refund fails.",
    ),
    "alert_remedy.payment.paid_before_reversal:": (
        "渠道已退回的支付又被告知成功，正在再次查询。持续存在时再处理。",
        "Nothing, unless it stays.",
    ),
    "alert_remedy.payment.refunded_outside:": (
        "渠道称有款项退回但未说明金额。当天渠道账单会补记，也可向渠道查询。",
        "Wait for the statement of the day, which books it, or look it up at the channel.",
    ),
    "alert_remedy.payment.second_trade:": (
        "同一笔支付出现两个渠道单号。请与渠道核对，其中一个无人认领。",
        "Compare both with the channel: one of them is nobody's.",
    ),
    "alert_remedy.read_model.parked:": (
        "有记录无法读取，查询结果可能缺少内容。请查看 dead_event。",
        "Read dead_event; a search may lack something.",
    ),
    "alert_remedy.reconciliation.differs:": (
        "再次查询渠道后仍有差异。请打开该渠道账单逐项查明，等它自行消除或写明原因处理。",
        "Open it: find out why each differs, let it close by itself, or settle it with a reason.",
    ),
    "alert_remedy.reconciliation.no_bill:": (
        "应出渠道账单已过 24 小时仍未取得。请看渠道账单上的说明：权限、渠道故障，或需人工上传。",
        "Its note says why: rights of the account, the channel's trouble, or a file to be upload"
        "ed.",
    ),
    "alert_remedy.record.unproven:": (
        "未采用该记录。请查明谁能写入消息总线。",
        "Nothing of it was applied. Find out who can write to the broker.",
    ),
    "alert_remedy.refund.abnormal:": (
        "渠道无法把款项退给付款人，或金额不同。请在订单页决定：打款、线下已退或放弃。",
        "Decide on the order's page: pay out, settled by other means, or given up.",
    ),
    "alert_remedy.refund.contradicted:": (
        "本中心已失败的退款又被告知处理中或已退回。请告知应用人员，谨防重复退款。",
        "Tell the app's people, who heard that it failed: a second refund may be on its way.",
    ),
    "alert_remedy.refund.disputed:": (
        "已作为外部退款入账。请商户尽快到渠道后台申诉或接受，期限很短。",
        "It is booked. Let the merchant contest or accept it at the channel soon.",
    ),
    "alert_remedy.refund.external:": (
        "渠道侧自行退款，已作为外部退款入账。请询问商户是谁操作。",
        "Ask the merchant who did it; it is booked.",
    ),
    "alert_remedy.refund.external_exceeds:": (
        "渠道侧退款超过可退金额，处理中的退款将被拒绝。请向渠道查明退了多少。",
        "Look up at the channel what went back; refunds under way will be refused.",
    ),
    "alert_remedy.refund.failed:": (
        "渠道拒绝退款，付款人尚未收到。请排除原因（如充值），再到该支付的页面重新退款。",
        "Mend the reason (the balance), then refund the payment again on its page.",
    ),
    "alert_remedy.refund.less_went_back:": (
        "有退款可能已被退回渠道侧。请向渠道查明哪一笔，并与商户核对。",
        "Look up at the channel which refund came back, and tell the merchant.",
    ),
    "alert_remedy.refund.more_went_back:": (
        "可能有人在渠道后台退款，尚未入账。请向渠道查明；次日对账单会自动入账。",
        "Look up at the channel whether somebody refunded there; the next statement books it.",
    ),
    "alert_remedy.refund.returned_twice:": (
        "人工处理过的退款又被渠道退回。请向付款人追回。",
        "Claim it from the payer.",
    ),
    "alert_remedy.replica.unfit:": (
        "时钟或密钥不合要求，该副本不工作。请看 /health/ready 给出的原因。",
        "/health/ready says why: set the clock, or the key.",
    ),
    "alert_remedy.result.parked:": (
        "渠道结果无法入账，已单独存放。请在死信页查看。",
        "See it among the dead letters.",
    ),
    "alert_remedy.result.foreign_account:": (
        "某账户说到的支付属于另一个账户，未采信。请查明谁在使用该账户，以及款项收在哪个账户。",
        "Nothing was applied. Find out who speaks for that account, and where the money is.",
    ),
    "alert_remedy.result.trade_settles_another:": (
        "渠道用同一单号指两笔支付，第二笔未入账。请向渠道确认属于哪一笔，在此之前不要交付。",
        "The second was not applied: ask the channel whose the trade is; deliver nothing before.",
    ),
    "alert_remedy.service.away:": (
        "该服务已 4 秒没有就绪的副本。请查看其容器与 /health/ready。",
        "Look at its pods, and at /health/ready.",
    ),
    "alert_remedy.service.errors:": (
        "请求因未预期的错误结束。请按请求编号查看日志。",
        "The log has it, by the request id.",
    ),
    "alert_remedy.signature.notices:": (
        "一分钟内多次通知验签失败。请核对渠道公钥，否则有人伪造。",
        "Compare the channel's public key; else somebody forges them.",
    ),
    "alert_remedy.signature.requests:": (
        "一分钟内大量请求验签失败：时钟、密钥，或有人攻击。请联系应用人员。",
        "A clock, a key, or an attack: ask the app's people.",
    ),
    "alert_remedy.split.failed:": (
        "有接收方未分到款。请重新分账，或与接收方结清。",
        "Split it anew, or settle with the receiver.",
    ),
    "alert_remedy.split.impossible:": (
        "实付（或退款后剩余）金额少于应分金额。请重新分账。",
        "Split it anew.",
    ),
}
