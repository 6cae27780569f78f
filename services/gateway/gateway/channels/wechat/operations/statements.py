"""WeChat Pay's statements of a day: where they lie, and their rows.

The file itself is not signed; the answer that names it is, with the file's SHA-1. Each cell begins
with a backtick and may hold commas, so it is split by both.

Source: pay.weixin.qq.com/doc/v3/merchant/4013071227 (trade bill), 4013071235 (fund flow bill),
4013071238 (download), 4013071246, 4013071249 (forms)
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from contracts.identifiers import is_id
from contracts.money import Money
from gateway.channels.formats import decimal_money, exact_minor, finer, read_spaced, rounded, text
from gateway.channels.plugin import (
    Answer,
    Call,
    Moment,
    Outcome,
    Reply,
    Request,
    RowKind,
    RowStatus,
    StatementKind,
    StatementPlace,
    StatementRequest,
    StatementRow,
    Unverifiable,
)
from gateway.channels.statement_rows import fitted, known_row, lines_of, read_each, ungrouped
from gateway.channels.wechat import codes, wire
from gateway.channels.wechat.account import Account

KINDS: Final[frozenset[StatementKind]] = frozenset({"trade", "funds"})
MAX_FILE_BYTES: Final = 67_108_864
"""Packed, and twice that unpacked: some 400,000 rows, 300 MiB while they are read."""

MAX_UNPACKED_BYTES: Final = 2 * MAX_FILE_BYTES
TOTALS: Final = ("总交易单数", "资金流水总笔数")
"""How the head of the totals begins, which follows the last row."""

SEPARATOR: Final = ",`"
FREE_TEXT: Final = ("商品名称", "手续费")
"""From the name of the goods up to the fee: what the merchant wrote, whatever it holds."""

_PLAIN_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
"""What stands in an address as it is."""

NO_NUMBER: Final = "0"
"""How the trade statement writes that a row is about no refund."""


def call(requested: StatementRequest, account: Account) -> Call:
    """Raises ValueError for the funds of a provider's merchant: that statement is of the provider's
    own account, and says nothing of the merchant's."""
    query = {"bill_date": requested.day.isoformat()}
    if requested.kind == "funds":
        if account.sub_mchid:
            raise ValueError("a provider does not see the funds of its merchants")
        return Call("GET", "/v3/bill/fundflowbill", {**query, "account_type": "BASIC", **_PACKED})
    return Call(
        "GET",
        "/v3/bill/tradebill",
        {**query, "bill_type": "ALL", **_PACKED, **account.sub_merchant()},
    )


_PACKED: Final = {"tar_type": "GZIP"}


def place(
    answer: Answer, requested: StatementRequest, account: Account
) -> StatementPlace | Outcome:
    if refusal := codes.find_refusal(answer, codes.STATEMENT):
        return refusal
    url, sha1 = text(answer.content, "download_url"), text(answer.content, "hash_value")
    if not url or not sha1 or text(answer.content, "hash_type") != "SHA1":
        raise Unverifiable("a statement without its address or hash")
    return StatementPlace(url, sha1.lower())


def download(at: StatementPlace, account: Account, moment: Moment) -> Request:
    """Always from the account's own address: the signed request must go nowhere else."""
    url = urlsplit(at.url)
    asked = Call("GET", url.path, dict(parse_qsl(url.query, keep_blank_values=True)))
    return wire.sign(asked, account, moment, limit_bytes=MAX_FILE_BYTES)


def read(
    reply: Reply, at: StatementPlace, requested: StatementRequest, account: Account
) -> list[StatementRow]:
    """Without the rows of a provider's other merchants, should the file have any."""
    content = _unpacked(reply)
    if hashlib.sha1(content, usedforsecurity=False).hexdigest() != at.sha1:
        raise Unverifiable("the statement is not the one that was announced")
    lines = lines_of(content, "utf-8")
    names = next(lines)[1].removeprefix("\ufeff").split(",")
    row = _flow_row if requested.kind == "funds" else partial(_own_trade_row, account)
    return list(read_each(_data(lines), partial(_cells, names), row, "CNY"))


def _own_trade_row(account: Account, cells: Mapping[str, str]) -> StatementRow | None:
    """特约商户号 names the merchant behind a provider; a merchant of its own has none there."""
    is_own = account.sub_mchid in (None, cells["特约商户号"])
    return known_row(_trade_row(cells)) if is_own else None


def _unpacked(reply: Reply) -> bytes:
    if reply.status != 200:
        raise Unverifiable("no file")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(reply.body, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise Unverifiable("the file is not gzip") from error
    if not unpacker.eof:
        raise Unverifiable("the file is cut off or too long")
    return content


def _data(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines of rows; the two lines of totals end them."""
    for number, line in lines:
        if line.startswith(TOTALS):
            return
        if line:
            yield number, line
    raise Unverifiable("a statement without its totals")


def _cells(names: Sequence[str], line: str) -> Mapping[str, str]:
    if not line.startswith("`"):
        raise Unverifiable("no row")
    return fitted(line[1:].split(SEPARATOR), names, FREE_TEXT, SEPARATOR)


def _trade_row(cells: Mapping[str, str]) -> StatementRow:
    state, fee = cells["交易状态"], _fee(cells)
    if state in ("REFUND", "REVOKED"):
        status = "done" if state == "REVOKED" else _STATUSES.get(cells["退款状态"], "under_way")
        return StatementRow(
            kind="refund",
            payment_no=cells["商户订单号"],
            refund_no=_refund_no(cells),
            channel_no=_number(cells["微信退款单号"]),
            amount=_money(cells["申请退款金额"], out=True),
            at=read_spaced(cells["交易时间"]),
            fee=rounded(fee),
            exact_fee=finer(fee),
            status=status,
            queried_as=_queried_as(cells) if status == "under_way" else "",
        )
    return StatementRow(
        kind="payment" if state == "SUCCESS" else "other",
        payment_no=cells["商户订单号"],
        refund_no="",
        channel_no=cells["微信订单号"],
        amount=_money(cells["订单金额"]),
        at=read_spaced(cells["交易时间"]),
        fee=rounded(fee),
        exact_fee=finer(fee),
    )


_STATUSES: Final[Mapping[str, RowStatus]] = {"SUCCESS": "done", "FAIL": "failed"}
"""Any other word: the channel has the refund, and the payer perhaps not yet."""


def _flow_row(cells: Mapping[str, str]) -> StatementRow:
    return StatementRow(
        kind=_FLOWS.get(cells["业务类型"], "other"),
        payment_no="",
        refund_no="",
        channel_no=cells["微信支付业务单号"],
        amount=_money(cells["收支金额(元)"], out=cells["收支类型"] == "支出"),
        at=read_spaced(cells["记账时间"]),
    )


_FLOWS: Final[Mapping[str, RowKind]] = {"交易": "payment", "退款": "refund"}


def _refund_no(cells: Mapping[str, str]) -> str:
    """Ours. A refund made without us goes by 微信退款单号, as its notification has it: that is one
    refund, and not two."""
    number = _number(cells["商户退款单号"])
    is_numbered = _number(cells["微信退款单号"]) != ""
    return "" if is_numbered and not is_id("refund", number) else number


def _queried_as(cells: Mapping[str, str]) -> str:
    """The number in WeChat's console by which the query knows a refund made there."""
    number = cells["商户退款单号"]
    is_made_there = _number(number) != "" and not is_id("refund", number)
    return number if is_made_there and _PLAIN_NUMBER.fullmatch(number) else ""


def _number(cell: str) -> str:
    return "" if cell == NO_NUMBER else cell


def _fee(cells: Mapping[str, str]) -> Decimal:
    """In fen; 手续费 has five decimals of a yuan."""
    return exact_minor(ungrouped(cells["手续费"]), "CNY")


def _money(cell: str, *, out: bool = False) -> Money:
    amount = decimal_money(ungrouped(cell), "CNY")
    if amount is None:
        raise Unverifiable("an amount that cannot be read")
    return Money(-amount.amount_minor, amount.currency) if out else amount
