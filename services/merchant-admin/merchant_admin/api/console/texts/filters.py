"""What the filters of lists are called, and what one may choose."""

from typing import Final

from contracts.alert_titles import TITLES

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "any": ("不限", "Any"),
    "filters_wrong": (
        "筛选条件有误，没有显示结果。请更正标出的各项，其余条件已保留。",
        "A filter is wrong, so nothing is shown. Correct what is marked; the others are kept.",
    ),
    "filters_without": ("去掉有误的条件", "Show it without what is wrong"),
    "filter_text": ("名称或标识", "Name or number"),
    "chip.text": ("名称或标识", "Name or number"),
    "chip.role": ("角色", "Role"),
    "chip.payment_id": ("支付标识", "Channel account"),
    "chip.requested_by": ("申请人", "Asked for by"),
    "chip.grain": ("粒度", "Step"),
    "chip.by": ("分组", "Grouped by"),
    "chip.currency": ("币种", "Currency"),
    "chip.day": ("日期", "Day"),
    "chip.month": ("月份", "Month"),
    "chip.suspended": ("状态", "State"),
    "chip.ending": ("到期", "Ends"),
    "chip.holder": ("用途", "Used for"),
    "chip.stranded": ("退款", "Refund"),
    "stranded": ("退款", "Refund"),
    "stranded.true": ("应退未退", "Not sent back"),
    "suspended": ("状态", "State"),
    "suspended.true": ("已停用", "Suspended"),
    "suspended.false": ("未停用", "Not suspended"),
    "ending": ("到期", "Ends"),
    "ending.soon": ("30 天内", "Within 30 days"),
    "ending.any": ("任何时候", "At any time"),
    "ending.over": ("已到期", "Already over"),
    "holder": ("用途", "Used for"),
    "approval_state.all": ("全部", "All"),
    "letter_state.open": ("未应用", "Not applied"),
    "letter_state.applied": ("已应用", "Applied"),
    "token_state.active": ("有效", "Valid"),
    "token_state.expired": ("已到期", "Expired"),
    "token_state.revoked": ("已吊销", "Revoked"),
    **{f"alert_kind.{kind}": title for kind, title in TITLES.items()},
}
