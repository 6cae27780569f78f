"""UnionPay's statement of a day: a zip in the answer itself, its columns counted in bytes.

Source: open.unionpay.com (acpAPIId=901, 文件传输类交易; 对账文件说明)
"""

import base64
import io
import zipfile
import zlib

from sandbox.answering import Done
from sandbox.clock import beijing_compact
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.truth import Refund, Trade
from sandbox.unionpay.account import CHANNEL
from sandbox.unionpay.day import check_sent_now, clearing_period, read_settle_date
from sandbox.unionpay.orders import kind_of
from sandbox.unionpay.wire import BAD_FORM, NO_FILE, Asked, Refusal, respond

WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21,
    15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 13, 2, 1, 12, 67,
)  # fmt: skip
CODES = {"04": "S30", "31": "S31"}
"""By txnType. The code of an undo stands on no page that we have read: its column `txnType` tells
what such a line is."""

FEE_OF_THOUSAND = 6


def fetch(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """txnType 76; the day is that of settlement, without its year: the latest such day. There is no
    file of a day on which nothing was traded, nor of one that is not through yet."""
    if asked.fields.get("txnType") != "76" or asked.fields.get("fileType") != "00":
        raise Refusal(BAD_FORM, "报文格式错误[txnType]")
    check_sent_now(asked)
    period = clearing_period(read_settle_date(asked.text("settleDate", 4, is_needed=True)))
    merchant = asked.account.mer_id
    paid = deps.truth.list_paid(CHANNEL, merchant, *period)
    lines = [_paid(each, "wrong_amount" in hit and not place) for place, each in enumerate(paid)]
    back = deps.truth.list_refunded(CHANNEL, merchant, *period)
    lines += [_refunded(deps, each) for each in back if each.state != "failed"]
    if not lines or "not_there_yet" in hit:
        raise Refusal(NO_FILE, "文件不存在")
    name = f"INN{asked.fields['settleDate']}88ZM_{merchant}"
    fields = {
        "fileName": f"{merchant}_{asked.fields['settleDate']}.zip",
        "fileContent": _packed(name, lines),
    }
    return Done(respond(asked, fields, hit))


def _paid(trade: Trade, is_wrong: bool) -> str:
    return _line(
        trade.merchant,
        trade.taken + is_wrong,
        {
            0: "S22",
            4: beijing_compact(trade.paid_at or trade.created_at)[4:],
            9: trade.channel_trade_no,
            11: trade.number,
            19: "01",
        },
    )


def _refunded(deps: Deps, refund: Refund) -> str:
    paid = deps.truth.get_trade(refund.trade_id)
    return _line(
        refund.merchant,
        -refund.amount,
        {
            0: CODES[kind_of(refund)],
            4: beijing_compact(refund.finished_at or refund.created_at)[4:],
            9: refund.channel_refund_no,
            11: refund.number,
            19: kind_of(refund),
            26: paid.channel_trade_no,
            40: paid.number,
        },
    )


def _line(merchant: str, amount: int, own: dict[int, str]) -> str:
    """`own`: the columns, from 0, in which rows differ; `amount` is negative where it went back."""
    fee = (abs(amount) * FEE_OF_THOUSAND + 500) // 1000 * (1 if amount > 0 else -1)
    cells = dict(enumerate([""] * len(WIDTHS))) | {
        1: "00049992", 2: "00049996", 3: own[9][-6:], 5: "622****0000", 6: f"{abs(amount):012d}",
        7: "5411", 8: "01", 10: "00", 15: _signed(-fee), 16: _signed(amount - fee), 17: "0001",
        20: "00", 21: "000000", 24: "阳光花园物业", 27: merchant, 32: _signed(amount - fee),
        41: _signed(amount), **own,
    }  # fmt: skip
    return b" ".join(_padded(cells[i], width) for i, width in enumerate(WIDTHS)).decode("gbk")


def _padded(cell: str, width: int) -> bytes:
    raw = cell.encode("gbk")
    if len(raw) > width:
        raise ValueError(f"{cell!r} is wider than its column")
    return raw.ljust(width)


def _signed(amount: int) -> str:
    """C is the merchant's, D is taken from the merchant; nothing has neither."""
    return f"{'C' if amount > 0 else 'D' if amount < 0 else ' '}{abs(amount):012d}"


def _packed(name: str, lines: list[str]) -> str:
    content = "".join(f"{line}\r\n" for line in lines).encode("gbk")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, content)
        file.writestr(name.replace("ZM_", "ZME_"), b"")
    return base64.b64encode(zlib.compress(archive.getvalue())).decode()
