"""UnionPay's statement of a day: a zip in the answer itself, its columns counted in bytes.

Source: open.unionpay.com (acpAPIId=901, 文件传输类交易; 对账文件说明)
"""

import base64
import io
import zipfile
import zlib
from datetime import datetime

from sandbox.answering import Done
from sandbox.clock import BEIJING, beijing_compact, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.truth import Refund, Trade
from sandbox.unionpay.account import CHANNEL
from sandbox.unionpay.orders import kind_of
from sandbox.unionpay.wire import BAD_FORM, Asked, Refusal, respond

WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21,
    15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 13, 2, 1, 12, 67,
)  # fmt: skip
CODES = {"04": "S30", "31": "S31"}
"""By txnType. The code of an undo stands on no page that we have read: its column `txnType` tells
what such a line is."""

DAY_S = 86_400


def fetch(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """txnType 76; the day is that of settlement, without its year: the latest such day."""
    if asked.fields.get("txnType") != "76" or asked.fields.get("fileType") != "00":
        raise Refusal(BAD_FORM, "报文格式错误[txnType]")
    first = _first_second(asked.text("settleDate", 4, is_needed=True))
    merchant, end = asked.account.mer_id, first + DAY_S
    lines = [_paid(each) for each in deps.truth.list_paid(CHANNEL, merchant, first, end)]
    back = deps.truth.list_refunded(CHANNEL, merchant, first, end)
    lines += [_refunded(each) for each in back if each.state != "failed"]
    name = f"INN{asked.fields['settleDate']}88ZM_{merchant}"
    fields = {
        "fileName": f"{merchant}_{asked.fields['settleDate']}.zip",
        "fileContent": _packed(name, lines),
    }
    return Done(respond(asked, fields, hit))


def _paid(trade: Trade) -> str:
    at = beijing_compact(trade.paid_at or trade.created_at)
    return _line("S22", "01", at, trade.taken, trade.channel_trade_no, trade.number)


def _refunded(refund: Refund) -> str:
    at = beijing_compact(refund.finished_at or refund.created_at)
    kind = kind_of(refund)
    return _line(CODES[kind], kind, at, refund.amount, refund.channel_refund_no, refund.number)


def _line(code: str, kind: str, at: str, amount: int, query_id: str, number: str) -> str:
    cells = dict(enumerate([""] * len(WIDTHS))) | {
        0: code, 1: "00049992", 2: "00049996", 3: query_id[-6:], 4: at[4:],
        5: "622****0000", 6: f"{amount:012d}", 7: "5411", 8: "01", 9: query_id, 10: "00",
        11: number, 19: kind, 20: "00", 24: "阳光花园物业",
    }  # fmt: skip
    padded = [
        cells[i].encode("gbk") + b" " * (width - len(cells[i].encode("gbk")))
        for i, width in enumerate(WIDTHS)
    ]
    return b" ".join(padded).decode("gbk")


def _packed(name: str, lines: list[str]) -> str:
    content = "".join(f"{line}\r\n" for line in lines).encode("gbk")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, content)
        file.writestr(name.replace("ZM_", "ZME_"), b"")
    return base64.b64encode(zlib.compress(archive.getvalue())).decode()


def _first_second(settle_date: str) -> float:
    today = datetime.fromtimestamp(now(), BEIJING)
    try:
        found = datetime.strptime(f"{today.year}{settle_date}", "%Y%m%d").replace(tzinfo=BEIJING)
    except ValueError as error:
        raise Refusal(BAD_FORM, "报文格式错误[settleDate]") from error
    return (found if found <= today else found.replace(year=today.year - 1)).timestamp()
