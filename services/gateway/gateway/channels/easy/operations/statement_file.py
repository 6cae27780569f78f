"""The file of a day that a person takes from 易生's console: there is nothing to fetch.

The chapter about files (对账文件) of its documents is not public, so that columns are known by
every text under which they are likely to be printed. Money is in yuan, or in fen where the head
says so.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from contracts.money import Money
from contracts.words import Words
from gateway.channels import uploaded_tables
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.trade import CURRENCY
from gateway.channels.formats import (
    BEIJING,
    decimal_money,
    exact_minor,
    finer,
    read_compact,
    read_spaced,
    rounded_minor,
)
from gateway.channels.plugin import (
    RowKind,
    RowStatus,
    StatementRequest,
    StatementRow,
    Unverifiable,
)
from gateway.channels.statement_rows import is_ours, known_row, read_each, ungrouped
from gateway.channels.uploaded_tables import Table

ABOUT: Final = Words(
    "在易生商户平台下载的交易明细（CSV，按天）。至少要有“机构流水号”“交易类型”“交易金额”三列；"
    "云易收还要有“机构信息”(orgInfo)，其中是本中心的支付号或退款号。",
    "The transactions of a day (CSV) from EasyPay's merchant console. It has at least 机构流水号 "
    "(orgTrace), 交易类型 (kind) and 交易金额 (amount); for the hosted cashier 机构信息 (orgInfo) "
    "too, which holds our number.",
)

COLUMNS: Final = {
    "number": ("机构流水号", "orgtrace", "机构订单号", "商户订单号", "商户流水号"),
    "info": ("机构信息", "机构备注", "附加信息", "orginfo"),
    "original": ("原机构流水号", "oriorgtrace", "原机构订单号", "原商户订单号"),
    "original_info": ("原机构信息", "原机构备注", "原附加信息"),
    "channel_no": ("易生流水号", "平台流水号", "渠道流水号", "交易流水号", "outtrace"),
    "merchant": ("商户号", "商户编号", "mchtcode", "orgmercode"),
    "kind": ("交易类型", "交易类别", "业务类型"),
    "status": ("交易状态", "交易结果", "状态"),
    "amount": ("交易金额", "订单金额", "transamount", "transamt"),
    "fee": ("手续费", "商户手续费", "fee"),
    "time": ("交易时间", "交易完成时间", "完成时间", "timeend"),
    "date": ("交易日期", "transdate"),
}
NEEDED: Final = ("number", "kind", "amount")

KINDS: Final[Mapping[str, RowKind]] = {
    "消费": "payment",
    "支付": "payment",
    "收款": "payment",
    "交易": "payment",
    "退款": "refund",
    "退货": "refund",
    "撤销": "refund",
    "消费撤销": "refund",
}
STATUSES: Final[Mapping[str, RowStatus]] = {
    "": "done",
    "成功": "done",
    "交易成功": "done",
    "支付成功": "done",
    "退款成功": "done",
    "已支付": "done",
    "已退款": "done",
    "处理中": "under_way",
    "退款中": "under_way",
    "失败": "failed",
    "交易失败": "failed",
    "退款失败": "failed",
    "已关闭": "failed",
}
WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)
SUMS: Final = ("合计", "总计", "汇总", "小计", "总笔数", "总金额", "#")


def read(raw: bytes, requested: StatementRequest, account: Account) -> list[StatementRow]:
    table = uploaded_tables.read(raw, COLUMNS, NEEDED)
    lines = [each for each in table.lines if not _is_sum(each[1], table.separator)]
    return list(read_each(lines, table.cells, lambda cells: _row(cells, table, account), CURRENCY))


def _is_sum(line: str, separator: str) -> bool:
    try:
        return uploaded_tables.split(line, separator)[0].startswith(SUMS)
    except Unverifiable:
        return False  # It is set aside as a row.


def _row(cells: Mapping[str, str], table: Table, account: Account) -> StatementRow | None:
    """None for another merchant's, of a file that an institution has for all of its own."""
    if cells.get("merchant", account.mer_code) not in ("", account.mer_code):
        return None
    number = _our_number(cells, "info", "number")
    kind, status = KINDS.get(cells["kind"]), STATUSES.get(cells.get("status", ""))
    if status is None:
        raise Unverifiable("a state that nobody has heard of")
    kind = kind or "other"
    amount = abs(_money(cells["amount"], table.heads["amount"]))
    original = _our_number(cells, "original_info", "original")
    fee = cells.get("fee", "") or "0"
    row = StatementRow(
        kind=kind,
        payment_no=original if kind == "refund" else number,
        refund_no=number if kind == "refund" else "",
        channel_no=cells.get("channel_no", ""),
        amount=Money(-amount if kind == "refund" else amount, CURRENCY),
        at=_time(cells),
        fee=_money(fee, table.heads.get("fee", "")),
        exact_fee=finer(exact_minor(_plain(fee), CURRENCY)),
        status=status,
        day=_day(cells),
    )
    return known_row(row, original)


def _our_number(cells: Mapping[str, str], *columns: str) -> str:
    """易企通 2.0 has ours as its own, 云易收 beside its own; without one of ours, the last."""
    numbers = [cells.get(column, "") for column in columns]
    return next((number for number in numbers if is_ours(number)), numbers[-1])


def _money(cell: str, head: str) -> int:
    """Minor units of a cell whose head names its unit. Raises Unverifiable."""
    text = _plain(cell)
    if "(分)" in head:
        if not WHOLE.fullmatch(text):
            raise Unverifiable("an amount that cannot be read")
        return int(text)
    exact = decimal_money(text.removeprefix("-"), CURRENCY)
    if exact is None and "." in text and text.isascii():
        return rounded_minor(text, CURRENCY)  # Fees have more digits than money.
    if exact is None:
        raise Unverifiable("an amount that cannot be read")
    return -exact.amount_minor if text.startswith("-") else exact.amount_minor


def _plain(cell: str) -> str:
    return ungrouped(cell.removeprefix("¥").removeprefix("￥").strip())


def _time(cells: Mapping[str, str]) -> datetime | None:
    day, time = cells.get("date", ""), cells.get("time", "")
    return _read_time(time if len(time) > len("00:00:00") else f"{day} {time}".strip())


def _day(cells: Mapping[str, str]) -> date | None:
    at = _read_time(cells.get("date", ""))
    return at.astimezone(BEIJING).date() if at else None


def _read_time(written: str) -> datetime | None:
    plain = written.replace("/", "-")
    digits = "".join(each for each in plain if each.isdecimal())
    return read_spaced(plain) or read_compact(digits.ljust(14, "0") if digits else "")
