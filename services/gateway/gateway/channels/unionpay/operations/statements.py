"""UnionPay's statements of a day: the file stands in the answer itself.

Base64 of a deflated zip of GBK files; the one called `INN…ZM_…` lists the trades, a line each, in
columns of fixed width counted in bytes.

Source: open.unionpay.com (acpAPIId=901, 文件传输类交易; 对账文件说明)
"""

import base64
import binascii
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from contracts.money import Money
from gateway.channels import zip_files
from gateway.channels.formats import read_compact, text
from gateway.channels.plugin import (
    Answer,
    Call,
    Outcome,
    RowKind,
    Statement,
    StatementKind,
    StatementRequest,
    StatementRow,
    Unverifiable,
)
from gateway.channels.statement_rows import known_row, read_each
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import FILE_PATH, MAX_FILE_BYTES

KINDS: Final[frozenset[StatementKind]] = frozenset({"trade"})
CURRENCY: Final = "CNY"
ENCODING: Final = "gb18030"
KEPT: Final = "surrogateescape"
"""How a byte that is no character goes through a text: as itself, so that no column is moved."""

MAX_UNPACKED_BYTES: Final = 2 * MAX_FILE_BYTES

DETAILS: Final = re.compile(r"INN.*ZM_[0-9A-Za-z]+$")
WIDTHS_BYTES: Final = {
    "trade_code": (0, 3), "traced_at": (35, 10), "amount": (66, 12),
    "query_id": (87, 21), "order_id": (112, 32), "fee": (166, 13), "txn_type": (215, 2),
    "paid_order_id": (476, 32),
}  # fmt: skip
"""Where a column begins, and how wide it is: widths 3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2,
6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1,
32 …, each followed by a space. `paid_order_id` (原始交易订单号) is filled where money went back:
the number of the payment, whoever gave it back."""

NEEDED_BYTES: Final = 144
"""To the end of `order_id`: what a row is compared by."""

_KINDS: Final[Mapping[str, RowKind]] = {
    trade.PAYMENT: "payment",
    trade.REFUND: "refund",
    trade.UNDO: "refund",
}
"""By `txnType`."""

_KINDS_BY_CODE: Final[Mapping[str, RowKind]] = {"S22": "payment", "S30": "refund"}
"""By trade code, of a row without `txnType`."""

_FEE: Final = re.compile(r"(?P<side>[DC]?)(?P<amount>[0-9]{12})", re.ASCII)
"""商户手续费: D was taken from the merchant, C given back; none is written without either."""


def call(requested: StatementRequest, account: Account) -> Call:
    return Call(
        "POST",
        FILE_PATH,
        body={
            "txnType": "76",
            "txnSubType": "01",
            "bizType": "000000",
            "settleDate": f"{requested.day:%m%d}",
            "fileType": "00",
        },
        timeout_s=60,
    )


def read(answer: Answer, requested: StatementRequest, account: Account) -> Statement | Outcome:
    if refusal := codes.find_refusal(answer, codes.STATEMENT):
        return refusal
    lines = enumerate(_details(text(answer.content, "fileContent")), 1)
    numbered = ((number, line) for number, line in lines if line.strip())
    return Statement(
        tuple(read_each(numbered, _cells, lambda cells: _row(cells, requested.day), CURRENCY))
    )


def _details(content: str) -> Iterator[str]:
    try:
        packed = base64.b64decode(content, validate=True)
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(packed, MAX_UNPACKED_BYTES)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Unverifiable("the file cannot be unpacked") from error
    if not unpacker.eof:
        raise Unverifiable("the file is cut off or too long")
    details = zip_files.members(raw, MAX_UNPACKED_BYTES, lambda name: bool(DETAILS.match(name)))
    if not details:
        raise Unverifiable("the file lists no trades")
    for each in details:
        for line in io.BytesIO(each):
            yield line.decode(ENCODING, KEPT).replace("\r", "").removesuffix("\n")


def _cells(line: str) -> dict[str, str]:
    """By bytes, as UnionPay counts; raises Unverifiable for a line that is too short."""
    raw = line.encode(ENCODING, KEPT)
    if len(raw) < NEEDED_BYTES:
        raise Unverifiable("a row that is too short")
    return {
        name: raw[begin : begin + width].decode(ENCODING, errors="replace").strip()
        for name, (begin, width) in WIDTHS_BYTES.items()
    }


def _row(cells: Mapping[str, str], day: date) -> StatementRow:
    """The year is the settlement day's, but for trades of late December settled in January. A
    refund made at UnionPay's console has no number of ours, and is known by its `queryId`."""
    kind = _kind(cells)
    if not cells["amount"].isdecimal():
        raise Unverifiable("an amount that cannot be read")
    amount = int(cells["amount"])
    year = day.year - (cells["traced_at"][:2] == "12" and day.month == 1)
    row = StatementRow(
        kind=kind,
        payment_no=cells["order_id" if kind == "payment" else "paid_order_id"],
        refund_no=trade.refund_no_of(cells["order_id"]) if kind == "refund" else "",
        channel_no=cells["query_id"],
        amount=Money(-amount if kind == "refund" else amount, CURRENCY),
        at=read_compact(f"{year}{cells['traced_at']}"),
        fee=_fee(cells["fee"]),
    )
    return known_row(row, cells["order_id"], trade.refund_no_of(cells["order_id"]))


def _kind(cells: Mapping[str, str]) -> RowKind:
    if cells["txn_type"]:
        return _KINDS.get(cells["txn_type"], "other")
    return _KINDS_BY_CODE.get(cells["trade_code"], "other")


def _fee(cell: str) -> int:
    """What UnionPay kept, negative where it gave that back; a row cut off before it tells none."""
    if not cell:
        return 0
    found = _FEE.fullmatch(cell)
    fee = int(found["amount"]) if found else 0
    if found is None or (fee and not found["side"]):
        raise Unverifiable("a fee that cannot be read")
    return -fee if found["side"] == "C" else fee
