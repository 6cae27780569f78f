"""Writes the table of `make bench` between the markers of both READMEs."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.payments.table import HEADER, Row
from paymesh_local.paths import REPOSITORY

BEGIN: Final = "<!-- bench: written by `make bench README=1` -->"
END: Final = "<!-- /bench -->"
IN_CHINESE: Final = {
    "CPU ms a complete payment, programs": "每笔完整支付的 CPU 毫秒，各程序合计",
    "CPU ms, PostgreSQL": "CPU 毫秒，PostgreSQL",
    "CPU ms, broker": "CPU 毫秒，Kafka",
    "CPU ms, ours: programs, PostgreSQL, broker": "CPU 毫秒，自身合计：程序、PostgreSQL、Kafka",
    "CPU ms, all in: with sandbox, load, receiver": "CPU 毫秒，全部：另含沙箱、压测与回调接收方",
    "complete payments/s": "每秒完整支付",
    "creates/s": "每秒下单",
    "own ms of a create": "下单自身耗时（毫秒，已减去渠道）",
    "idle, % of a core": "空闲时占一个核的百分比",
    "all five": "五个服务合计",
    "ratio": "比值",
    "aim": "目标",
    "stock choices": "常规选型",
    "floor": "最简程序",
}
"""Whole words of cells, the longer ones first where one holds the other."""


def write(rows: Sequence[Row], machine: str) -> None:
    for name, words in (("README.md", {}), ("README.zh-CN.md", IN_CHINESE)):
        path = Path(REPOSITORY, name)
        path.write_text(between_markers(path.read_text(), markdown(rows, words), machine))


def markdown(rows: Sequence[Row], words: Mapping[str, str]) -> str:
    lines = [HEADER, ["---", *["--:"] * (len(HEADER) - 1)], *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(_worded(cell, words) for cell in line)} |" for line in lines)


def between_markers(page: str, table: str, machine: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, marker, after = rest.partition(END)
    if not marker:
        raise SystemExit(f"no place for the table: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table}\n\n{machine}\n{END}{after}"


def machine() -> str:
    """This machine, and how busy it is with other things."""
    model = platform.processor() or platform.machine()
    if found := re.search(r"^model name\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.MULTILINE):
        model = found[1]
    return (
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores ({model}), load average"
        f" {os.getloadavg()[1]:.1f} before the run, Python {platform.python_version()},"
        " embedded broker"
    )


def _worded(cell: str, words: Mapping[str, str]) -> str:
    for english, word in words.items():
        if cell == english or cell.startswith(f"{english}, "):
            return word + _worded(cell.removeprefix(english), words)
        if cell == f", {english}":
            return f"，{word}"
    return cell.replace(", ", "，") if words else cell


def _text(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
