"""Exports: the lists as files."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "export_as": ("导出", "Export"),
    "export_too_many_rows": (
        "结果超过 50,000 行，无法一次导出。请缩小时间范围或增加筛选条件后分次导出。",
        "More than 50,000 rows are found. Export them period by period, or filter further.",
    ),
}
