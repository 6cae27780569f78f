"""What empty lists say: what to do next."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "empty.unread": (
        "暂时无法读取，请稍后再试。",
        "It cannot be read at the moment. Please try again in a while.",
    ),
    "empty.audit": (
        "换一个号码或用户名再试；清空条件则列出全部操作。",
        "Try another number or name; without them everything is listed.",
    ),
    "empty.counter_codes": (
        "在下方为商户新建收款码，打印后即可收款。",
        "Make one for a merchant below; printed, it takes money.",
    ),
    "empty.counter_codes.reader": (
        "还没有收款码，须由管理员新建。",
        "There are none yet. Administrators make them.",
    ),
    "empty.dead_letters": (
        "没有死信，无需处理：无法入账的记录会保留在这里，修复后可重新处理。",
        "Nothing to do: what cannot be applied is kept here, and can be tried again.",
    ),
    "empty.deliveries": (
        "没有找到回调。放宽筛选条件；应用的第一笔支付有结果之后会出现在这里。",
        "No callbacks found. Try fewer filters; the first appears when a payment has a result.",
    ),
    "empty.endpoints": (
        "还没有回调地址。在应用页填写，或在下单时传入；第一次回调后会出现在这里。",
        "No addresses yet. Give an app its own; it appears here with the first callback.",
    ),
    "empty.ledger": (
        "没有分录。输入支付流水号、退款号或分账号查看；首笔收款入账后这里会有余额。",
        "No entries. Look up a payment, refund or split; balances come with the first payment.",
    ),
    "empty.reconciliations": (
        "没有对账记录。每个渠道账户在次日上午自动取账单；也可在下方立即获取某一天。",
        "No runs yet. Statements are fetched the next morning; or ask for a day below.",
    ),
    "empty.reconciliations.reader": (
        "没有对账记录。每个渠道账户在次日上午自动取账单。",
        "No runs yet. Statements are fetched the next morning.",
    ),
    "empty.statements": (
        "没有应用可使用该商户。请先在接入向导中登记应用。",
        "No app may use this merchant. Register one first.",
    ),
    "empty.statements.reader": (
        "没有应用可使用该商户，须由管理员登记应用。",
        "No app may use this merchant. Administrators register apps.",
    ),
    "empty.sessions": ("没有登录会话。", "No sessions."),
    "empty.look": (
        "还没有渠道账户。请先在商户页新建。",
        "No channel account yet. Make one on the merchant page first.",
    ),
    "empty.look.reader": (
        "还没有渠道账户，须由管理员新建。",
        "No channel account yet. Administrators make them.",
    ),
}
