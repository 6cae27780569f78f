"""The table of `make bench` stands in both READMEs, each in its language."""

import pytest

from bench.payments.readme import BEGIN, END, IN_CHINESE, between_markers, markdown
from bench.payments.table import Row

ROWS = [
    Row("CPU ms a complete payment, programs", {"Paymesh": 3.0, "floor": 2.0}, "≤ 1.40"),
    Row("idle, % of a core, all five", {"Paymesh": 3.25}, "≤ 4", 1),
    Row("own ms of a create, p50, 49/s", {"Paymesh": 6.0, "floor": 4.0}, "≤ 1.30", 1),
]


def test_ratio_is_to_the_floor_and_empty_where_nothing_is_beside() -> None:
    _, _, first, second, _ = markdown(ROWS, {}).splitlines()
    assert first == "| CPU ms a complete payment, programs | 3.00 | 2.00 | 1.50 | ≤ 1.40 |  |"
    assert second == "| idle, % of a core, all five | 3.2 |  |  | ≤ 4 |  |"


def test_chinese_readme_says_it_in_chinese() -> None:
    table = markdown(ROWS, IN_CHINESE)
    assert "| 每笔完整支付的 CPU 毫秒，各程序合计 | 3.00" in table
    assert "| 空闲时占一个核的百分比，五个服务合计 |" in table
    assert "| 下单自身耗时（毫秒，已减去渠道），p50，49/s |" in table


def test_table_replaces_what_stood_between_the_markers() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    printed = between_markers(page, "| new |", "a machine")
    assert printed == f"before\n{BEGIN}\n| new |\n\na machine\n{END}\nafter\n"
    with pytest.raises(SystemExit):
        between_markers("no markers", "| new |", "a machine")
