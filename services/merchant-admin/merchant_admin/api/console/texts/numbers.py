"""Exports and statements."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "export_as": ("导出", "Export"),
    "exports_hint": (
        "列表页的“导出”在 5 万行以内直接下载；更长的在后台生成，最多 {rows} 行，保留 {days} 天，"
        "仅本人可下载。",
        "The lists' own links download up to 50,000 rows at once. Longer files are made in the "
        "background, {rows} rows at most, and kept for {days} days, for you alone.",
    ),
    "exports_nothing": (
        "在任一列表下方点“导出”。",
        "Export a list: below each there is a link.",
    ),
    "export_long": (
        "结果超过 50,000 行：可在后台生成文件，完成后在此下载；也可返回缩小范围。",
        "More than 50,000 rows are found. Have the file made in the background and fetch it here, "
        "or go back and filter further.",
    ),
    "export_in_background": ("在后台生成", "Make it in the background"),
    "export_list": ("列表", "List"),
    "chip.list": ("列表", "List"),
    "export_of.orders": ("订单", "Orders"),
    "export_of.payments": ("支付流水", "Payments"),
    "export_of.refunds": ("退款", "Refunds"),
    "export_of.splits": ("分账", "Splits"),
    "export_of.callbacks": ("回调", "Callbacks"),
    "export_of.alerts": ("告警", "Alerts"),
    "export_of.audit": ("审计", "Audit"),
    "export_of.reconciliations": ("对账", "Reconciliation"),
    "export_of.dead-letters": ("死信", "Dead letters"),
    "export_rows": ("行数", "Rows"),
    "export_kept_until": ("保留至", "Kept until"),
    "export_actions": ("操作", "Actions"),
    "export_progress": ("进度", "Progress"),
    "export_download": ("下载", "Download"),
    "export_remove": ("删除", "Remove"),
    "export_state.waiting": ("排队中", "Waiting"),
    "export_state.running": ("生成中", "Being made"),
    "export_state.done": ("已完成", "Done"),
    "export_state.failed": ("失败", "Failed"),
    "export_asked": ("已加入后台生成，进度见下表。", "It is being made; see below how far it is."),
    "export_removed": ("已删除。", "Removed."),
    "export_too_many": (
        "您已有 3 个文件在生成，请等其中一个完成。",
        "Three files are being made for you already; wait for one of them.",
    ),
    "statements_hint": (
        "按北京时间自然日、以账本入账时间计：期初 + 收款 − 退款 − 分账 − 手续费 = 期末。"
        "逐个列出动用过该商户款项或目前可使用该商户的应用。",
        "By the Beijing day in which the ledger booked it: opening + captured − refunded − split "
        "− fees = closing. One row for each app that moved money of the merchant, or may now.",
    ),
    "statement_day": ("日期", "Day"),
    "statement_month": ("月份", "Month"),
    "statement_days": ("逐日", "Day by day"),
    "statement_currency": ("币种", "Currency"),
    "statement_show": ("查看", "Show"),
    "statement_choose": ("请填写商户标识。", "Name a merchant to see its statement."),
    "statement_final": ("已定稿", "Final"),
    "statement_open": ("截至目前", "As of now"),
    "statement_total": ("合计", "Total"),
    "statement.opening": ("期初", "Opening"),
    "statement.captured": ("收款", "Captured"),
    "statement.refunded": ("退款", "Refunded"),
    "statement.split": ("分账", "Split"),
    "statement.fees": ("手续费", "Fees"),
    "statement.closing": ("期末", "Closing"),
}
