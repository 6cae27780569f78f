"""Exports and the statement of a day."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "export_as": ("导出", "Export"),
    "export_too_many_rows": (
        "结果超过 50,000 行，无法一次导出。请缩小时间范围或增加筛选条件后分次导出。",
        "More than 50,000 rows are found. Export them period by period, or filter further.",
    ),
    "statements_hint": (
        "按北京时间自然日、以账本入账时间计：期初 + 收款 − 退款 − 分账 − 手续费 = 期末。"
        "逐个列出目前可使用该商户的应用。",
        "By the Beijing day in which the ledger booked it: opening + captured − refunded − split "
        "− fees = closing. One row for each app that may use the merchant now.",
    ),
    "statement_day": ("日期", "Day"),
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
