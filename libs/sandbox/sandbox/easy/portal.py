"""易生's merchant console, where a person downloads the transactions of a day: there is no API.

The form of the file (对账文件) is not public. This one is untidy as such files are: GB18030, a
title and an empty line above the head, sums below, apostrophes that keep digits from Excel,
thousands separators, CRLF.
"""

import csv
import io
from collections.abc import Iterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import beijing_compact
from sandbox.deps import Deps
from sandbox.easy.account import CHANNEL, KIND
from sandbox.money import yuan
from sandbox.truth import Refund, Trade

PATH = "/easy/portal/transactions.csv"
HEAD = [
    "序号", "交易日期", "交易时间", "商户编号", "机构流水号", "机构信息", "原机构信息",
    "易生流水号", "交易类型", "交易状态", "交易金额（元）", "手续费（元）", "支付方式",
]  # fmt: skip
FEE_PER_MILLE = 6
REFUND_STATES = {"processing": "处理中", "succeeded": "退款成功"}


def routes(deps: Deps) -> list[Route]:
    return [Route(PATH, partial(_download, deps), methods=["GET"])]


async def _download(deps: Deps, request: Request) -> Response:
    """`mer_code=` and `day=` (yyyyMMdd, Beijing) as the person chose them."""
    merchant, day = (request.query_params.get(name, "") for name in ("mer_code", "day"))
    if deps.accounts(KIND).find(merchant) is None:
        return Response("商户不存在", 404)
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow([f"易生支付交易明细 {day}"])
    table.writerow([])
    table.writerow(HEAD)
    rows = list(_rows(deps, merchant, day))
    for number, row in enumerate(rows, 1):
        table.writerow([number, *row])
    table.writerow([f"合计：{len(rows)} 笔", *[""] * (len(HEAD) - 1)])
    return Response(written.getvalue().encode("gb18030"), media_type="text/csv;charset=GB18030")


def _rows(deps: Deps, merchant: str, day: str) -> Iterator[list[str]]:
    for trade in deps.truth.list_trades(None, CHANNEL):
        if trade.merchant != merchant:
            continue
        if trade.paid_at is not None and beijing_compact(trade.paid_at)[:8] == day:
            yield _of_payment(trade)
        for refund in deps.truth.list_refunds(trade):
            if refund.state in REFUND_STATES and beijing_compact(refund.created_at)[:8] == day:
                yield _of_refund(trade, refund)


def _of_payment(trade: Trade) -> list[str]:
    moment = beijing_compact(trade.paid_at or trade.created_at)
    fee = -(-trade.taken * FEE_PER_MILLE // 1000)
    return [
        *_when(moment), trade.merchant, f"'{trade.number}", _info(trade.payment_no, trade.number),
        "", trade.channel_trade_no, "消费", "交易成功", f"{_thousands(trade.taken)}", yuan(fee),
        trade.details.get("pay_func", "WECHAT"),
    ]  # fmt: skip


def _of_refund(trade: Trade, refund: Refund) -> list[str]:
    return [
        *_when(beijing_compact(refund.finished_at or refund.created_at)), refund.merchant,
        f"'{refund.number}", _info(refund.refund_no, refund.number), trade.payment_no,
        refund.channel_refund_no, "退款", REFUND_STATES[refund.state],
        f"-{_thousands(refund.amount)}", "0.00", "",
    ]  # fmt: skip


def _when(moment: str) -> list[str]:
    return [
        f"{moment[:4]}/{moment[4:6]}/{moment[6:8]}", f"{moment[8:10]}:{moment[10:12]}:{moment[12:]}"
    ]  # fmt: skip


def _info(ours: str, number: str) -> str:
    return "" if ours == number else ours


def _thousands(amount: int) -> str:
    whole, _, minor = yuan(amount).partition(".")
    return f"{int(whole):,}.{minor}"
