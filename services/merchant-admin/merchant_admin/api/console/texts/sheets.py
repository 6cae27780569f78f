"""Heads of files that stand on no page."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "sheet.account_id": ("支付标识", "Channel account id"),
    "sheet.approval_id": ("复核编号", "Approval no."),
    "sheet.attempts": ("投递次数", "Tries"),
    "sheet.billed_currency": ("账单币种", "The channel's currency"),
    "sheet.channel_split_no": ("渠道分账号", "Channel split no."),
    "sheet.closed_at": ("关闭时间", "Closed at"),
    "sheet.code_id": ("收款码标识", "Counter code id"),
    "sheet.colon": ("：", ": "),
    "sheet.decided_at": ("复核时间", "Decided at"),
    "sheet.difference_no": ("差异编号", "Difference no."),
    "sheet.first_at": ("首次时间", "First raised"),
    "sheet.identity": ("渠道商户信息", "Whose account it is"),
    "sheet.ip": ("IP 地址", "IP address"),
    "sheet.offset": ("位移", "Offset"),
    "sheet.order_id": ("订单标识", "Order id"),
    "sheet.our_currency": ("本中心币种", "Our currency"),
    "sheet.our_status": ("本中心状态", "Our state"),
    "sheet.partition": ("分区", "Partition"),
    "sheet.payments": ("收款笔数", "Payments"),
    "sheet.refunds": ("退款笔数", "Refunds"),
    "sheet.replayed_at": ("重新处理时间", "Tried again at"),
    "sheet.revoked_at": ("吊销时间", "Revoked at"),
    "sheet.semicolon": ("；", "; "),
    "sheet.taken_at": ("确认时间", "Acknowledged at"),
    "sheet.taken_by": ("确认人", "Acknowledged by"),
    "sheet.token_id": ("令牌标识", "Token id"),
    "sheet.tries": ("重试次数", "Tried again, times"),
}
