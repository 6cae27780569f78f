"""Alipay's statements of a day: `alipay.data.dataservice.bill.downloadurl.query`, and their rows.

A zip of GBK files whose names cannot be relied on: the right one is known by its first line. The
file is not signed; the answer that names its address is, and only the way there protects it. Alipay
names it by http; its host speaks TLS as well, and is asked by that.

Source: opendocs.alipay.com/open/02mse7 (address), 028woc (forms)
"""

import csv
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from contracts.money import Money
from gateway.channels import zip_files
from gateway.channels.alipay import codes
from gateway.channels.alipay.credentials import Account
from gateway.channels.alipay.trade import CURRENCY
from gateway.channels.formats import decimal_money, read_spaced, text
from gateway.channels.plugin import (
    Answer,
    Call,
    Moment,
    Outcome,
    Reply,
    Request,
    RowKind,
    StatementKind,
    StatementPlace,
    StatementRequest,
    StatementRow,
    Unverifiable,
)
from gateway.channels.statement_rows import fitted, known_row, lines_of, read_each, ungrouped

METHOD: Final = "alipay.data.dataservice.bill.downloadurl.query"
TYPES: Final[Mapping[StatementKind, str]] = {"trade": "trade", "funds": "signcustomer"}
TITLES: Final[Mapping[StatementKind, str]] = {
    "trade": "#支付宝业务明细查询",
    "funds": "#支付宝账务明细查询",
}
OWN_HOSTS: Final = ".alipay.com"
MAX_FILE_BYTES: Final = 67_108_864
MAX_UNPACKED_BYTES: Final = 2 * MAX_FILE_BYTES
MAX_MEMBERS: Final = 100
ENCODING: Final = "gb18030"
"""What Alipay calls GBK; the larger set reads all of it, and every other character."""

SEPARATOR: Final = ","
FREE_TEXT: Final = ("商品名称", "创建时间")
"""The name of the goods: what the merchant wrote, whatever it holds."""


def call(request: StatementRequest, account: Account) -> Call:
    body = {"bill_type": TYPES[request.kind], "bill_date": request.day.isoformat()}
    return Call("POST", METHOD, body=body)


def place(answer: Answer, request: StatementRequest, account: Account) -> StatementPlace | Outcome:
    if refusal := codes.find_refusal(answer, codes.STATEMENT):
        return refusal
    url = urlsplit(text(answer.content, "bill_download_url"))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise Unverifiable("a statement without its address")
    if url.scheme == "http" and f".{url.hostname}".endswith(OWN_HOSTS):
        url = url._replace(scheme="https", netloc=url.hostname)
    return StatementPlace(url.geturl())


def download(at: StatementPlace, account: Account, moment: Moment) -> Request:
    """Nothing is signed: who knows the address gets the file, for thirty seconds."""
    return Request("GET", at.url, {}, b"", limit_bytes=MAX_FILE_BYTES)


def read(
    reply: Reply, at: StatementPlace, request: StatementRequest, account: Account
) -> list[StatementRow]:
    if reply.status != 200:
        raise Unverifiable("no file")
    row = _trade_row if request.kind == "trade" else _flow_row
    content = lines_of(_member(reply.body, TITLES[request.kind]), ENCODING)
    lines = ((number, line) for number, line in content if line and not line.startswith("#"))
    names = [cell.strip() for _, head in islice(lines, 1) for cell in head.split(SEPARATOR)]
    return list(read_each(lines, partial(_cells, names), row, CURRENCY))


def _member(packed: bytes, title: str) -> bytes:
    """The file of the zip that begins with this line."""
    files = zip_files.members(packed, MAX_UNPACKED_BYTES)
    heads = [each.partition(b"\n")[0].decode(ENCODING, "replace") for each in files]
    found = [each for each, head in zip(files, heads, strict=True) if head.strip() == title]
    if len(found) != 1:
        raise Unverifiable("the zip does not hold the statement")
    return found[0]


def _cells(names: Sequence[str], line: str) -> Mapping[str, str]:
    """Alipay quotes nothing, so that a quote is as good as any other sign in a name; what somebody
    quoted on the way is read as well."""
    plain = line.split(SEPARATOR)
    try:
        quoted = next(csv.reader([line]), [])
    except csv.Error:
        quoted = []
    cells = quoted if len(quoted) == len(names) else plain
    found = fitted([cell.strip() for cell in cells], names, FREE_TEXT, SEPARATOR)
    if len(cells) > len(names) and read_spaced(found[FREE_TEXT[1]]) is None:
        raise Unverifiable("a row with separators elsewhere than in the name")
    return found


def _trade_row(cells: Mapping[str, str]) -> StatementRow:
    """Refunds are rows of negative amounts. 服务费 is negative where it was taken."""
    kind: RowKind = _KINDS.get(cells["业务类型"], "other")
    row = StatementRow(
        kind=kind,
        payment_no=cells["商户订单号"],
        refund_no=cells["退款批次号/请求号"] if kind == "refund" else "",
        channel_no=cells["支付宝交易号"],
        amount=_money(cells["订单金额（元）"]),
        at=read_spaced(cells["完成时间"]),
        fee=-_money(cells["服务费（元）"]).amount_minor,
    )
    return known_row(row)


def _flow_row(cells: Mapping[str, str]) -> StatementRow:
    """What came in or what went out is filled, the other one empty or zero; what went out stands
    with or without its sign."""
    came, went = (cells[name] for name in ("收入金额（+元）", "支出金额（-元）"))
    if not (came or went):
        raise Unverifiable("a movement without an amount")
    moved = _money(came or "0").amount_minor - abs(_money(went or "0").amount_minor)
    return StatementRow(
        kind=_KINDS.get(cells["业务类型"], "other"),
        payment_no=cells["商户订单号"],
        refund_no="",
        channel_no=cells["业务流水号"],
        amount=Money(moved, CURRENCY),
        at=read_spaced(cells["发生时间"]),
    )


_KINDS: Final[Mapping[str, RowKind]] = {
    "交易": "payment",
    "在线支付": "payment",
    "退款": "refund",
    "交易退款": "refund",
}


def _money(cell: str) -> Money:
    amount = decimal_money(ungrouped(cell), CURRENCY)
    if amount is None:
        raise Unverifiable("an amount that cannot be read")
    return amount
